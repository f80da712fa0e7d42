# Golden vectors of the exact interval of a Poisson mean, by R's poisson.test.
# usage: Rscript interval.R > interval.csv
n <- c(0, 1, 2, 5, 10, 37, 100, 1000)
ci <- t(sapply(n, function(k) poisson.test(k)$conf.int))
write.csv(format(data.frame(n = n, lo = ci[, 1], hi = ci[, 2]), digits = 15, trim = TRUE), stdout(), row.names = FALSE, quote = FALSE)
