package company;

import java.util.List;

/**
 * Models that are deployed together.
 *
 * @param day day of the simulation
 * @param hour hour of the day, with fractions
 * @param models file names below {@code bpmn/<company>/}, such as {@code returns_v2.bpmn}
 * @param tenants one deployment for each; an empty string is none
 * @param migrate whether running instances of the former version are moved to the new one
 */
record Release(int day, double hour, String name, String source, String user, List<String> tenants,
    List<String> models, boolean migrate) {

  Release migrating() {
    return new Release(day, hour, name, source, user, tenants, models, true);
  }
}
