package company;

/** A fault that a release brought: calls of one element of one version fail with this chance. */
record Flaw(String process, int version, String element, double failing, String message) {}
