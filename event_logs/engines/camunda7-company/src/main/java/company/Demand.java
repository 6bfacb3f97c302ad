package company;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How often a process is started from outside, by whom and with what.
 *
 * @param tenants drawn from, so that a repeated name weighs more; an empty string is none
 * @param perWeek starts a week in the beginning
 * @param growth starts a week at the end, as a multiple of those in the beginning
 * @param prefix of business keys; null where instances have none
 * @param atAnyHour whether starts come in the evening and on weekends too
 * @param fates what may happen to an instance from outside
 */
record Demand(String process, List<String> tenants, double perWeek, double growth, int fromDay, String prefix,
    boolean atAnyHour, List<String> users, Facts facts, List<Fate> fates) {

  /** The variables of a new instance. */
  interface Facts {
    Map<String, Object> draw(Simulation simulation);
  }

  /** After some hours an instance gets a message, or somebody deletes it: {@code message} is null. */
  record Fate(double chance, double hours, String message, String reason) {}

  static Demand of(String process, double perWeek, String prefix, List<String> tenants, List<String> users,
      Facts facts) {
    return new Demand(process, tenants, perWeek, 1, 0, prefix, false, users, facts, List.of());
  }

  Demand growing(double factor) {
    return new Demand(process, tenants, perWeek, factor, fromDay, prefix, atAnyHour, users, facts, fates);
  }

  Demand from(int day) {
    return new Demand(process, tenants, perWeek, growth, day, prefix, atAnyHour, users, facts, fates);
  }

  Demand dayAndNight() {
    return new Demand(process, tenants, perWeek, growth, fromDay, prefix, true, users, facts, fates);
  }

  Demand getsMessage(double chance, double hours, String message) {
    return with(new Fate(chance, hours, message, null));
  }

  Demand isDeleted(double chance, double hours, String reason) {
    return with(new Fate(chance, hours, null, reason));
  }

  private Demand with(Fate fate) {
    List<Fate> all = new ArrayList<>(fates);
    all.add(fate);
    return new Demand(process, tenants, perWeek, growth, fromDay, prefix, atAnyHour, users, facts, all);
  }
}
