# Golden vectors of the block ratio, by R's own distributions (4.2 made the stored ones).
# usage: Rscript golden.R > golden.csv
g <- expand.grid(c = c(0, 1, 3, 12, 60, 500), b = c(0.02, 0.7, 5, 45, 300), a = c(0.4, 3, 27, 450, Inf), theta = c(1.4, 3, 11, 300))
d <- function(c, m, a) ifelse(is.infinite(a), dpois(c, m, log = TRUE), dnbinom(c, size = a, mu = m, log = TRUE))
g$llr <- d(g$c, g$theta * g$b, g$a) - d(g$c, g$b, g$a)
write.csv(format(g, digits = 15, trim = TRUE), stdout(), row.names = FALSE, quote = FALSE)
