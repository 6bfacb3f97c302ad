package company;

import java.util.ArrayList;
import java.util.List;

/**
 * A system that service tasks call: a bean in the engine, or an external worker of a topic.
 *
 * @param millis how long a call takes on average
 * @param failing the chance that a call fails
 * @param worker the external worker; null for a bean
 * @param tries how often an external worker tries before it gives up
 * @param backOff milliseconds between its tries
 * @param outages times in which most calls fail
 */
record Endpoint(String name, long millis, double failing, String message, String worker, int tries, long backOff,
    List<Outage> outages) {

  /** Days of the simulation, with fractions. */
  record Outage(double from, double to, double failing) {}

  static Endpoint bean(String name, long millis, double failing, String message) {
    return new Endpoint(name, millis, failing, message, null, 0, 0, List.of());
  }

  static Endpoint topic(String name, String worker, long millis, double failing, String message, int tries,
      long backOff) {
    return new Endpoint(name, millis, failing, message, worker, tries, backOff, List.of());
  }

  Endpoint down(double from, double to, double failing) {
    List<Outage> all = new ArrayList<>(outages);
    all.add(new Outage(from, to, failing));
    return new Endpoint(name, millis, this.failing, message, worker, tries, backOff, all);
  }

  /** The chance of a failure on a day of the simulation. */
  double failingAt(double day) {
    return outages.stream().filter(outage -> outage.from() <= day && day < outage.to()).mapToDouble(Outage::failing)
        .findFirst().orElse(failing);
  }
}
