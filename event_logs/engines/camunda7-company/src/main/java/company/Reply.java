package company;

/**
 * What an instance that waits at an element gets from outside.
 *
 * @param message the message it waits for; null: the variables of the {@link Step} of that element are set instead
 * @param hours after how long, on average
 * @param chance that it comes at all
 */
record Reply(String element, String message, double hours, double chance) {}
