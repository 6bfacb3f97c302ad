package company;

import java.util.List;

/**
 * How incidents are repaired.
 *
 * @param users who repairs
 * @param hours of office time until they do, on average
 * @param repaired the chance that an incident is looked at at all
 * @param patched the share in which a variable is corrected before the retry
 * @param skipped the share that is repaired by moving the token past the step
 * @param cancelled the share that ends by deleting the instance
 */
record Operator(List<String> users, double hours, double repaired, double patched, double skipped, double cancelled) {}
