# Golden vectors for package peers, by R's surveillance (1.20.3 made the stored ones).
# usage: Rscript golden.R counts.csv > golden.csv     one column of counts in, one row a bin out
suppressPackageStartupMessages(library(surveillance))
x <- scan(commandArgs(trailingOnly = TRUE)[1], quiet = TRUE)
n <- length(x)
s <- sts(observed = x, frequency = 52)
col <- function(r, range) { out <- rep(NA, n); out[range] <- r; out }
ears <- function(method, alpha, first) {
  r <- earsC(s, control = list(method = method, minSigma = 1, alpha = alpha, range = first:n))
  col(as.vector(upperbound(r)), first:n)
}
first <- 52 * 4 + 3 + 1
far <- suppressWarnings(farringtonFlexible(s, control = list(range = first:n, b = 4, w = 3, reweight = TRUE, weightsThreshold = 2.58,
  alpha = 0.01, trend = FALSE, noPeriods = 1, thresholdMethod = "delta", powertrans = "2/3", limit54 = c(0, 4))))
out <- data.frame(x = x, c1 = ears("C1", 0.001, 8), c2 = ears("C2", 0.001, 10), c3 = ears("C3", 0.025, 12),
  mu = col(as.vector(far@control$expected), first:n), phi = col(as.vector(far@control$phiVector), first:n),
  upper = col(as.vector(upperbound(far)), first:n))
write.csv(format(out, digits = 15, trim = TRUE), stdout(), row.names = FALSE, quote = FALSE)
