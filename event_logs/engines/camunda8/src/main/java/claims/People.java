package claims;

import io.camunda.zeebe.protocol.record.Record;
import io.camunda.zeebe.protocol.record.intent.UserTaskIntent;
import io.camunda.zeebe.protocol.record.value.UserTaskRecordValue;
import java.util.List;
import java.util.Map;

/** People claim tasks, or are given them, and complete them in office hours. */
final class People {

  /** Who does the tasks of a group, how long these wait and how long they take, in minutes of office time on average. */
  private record Group(List<String> staff, int waits, int takes) {}

  private static final Map<String, Group> GROUPS = Map.of(
      "clerks", new Group(List.of("anke", "bernd", "clara"), 150, 15),
      "adjusters", new Group(List.of("dirk", "eva", "fatma", "georg"), 500, 40),
      "surveyors", new Group(List.of("hans", "ilse"), 700, 90),
      "underwriters", new Group(List.of("jan", "karin"), 600, 25),
      "underwriting-leads", new Group(List.of("lena"), 120, 15),
      "lawyers", new Group(List.of("maria"), 900, 60));

  private final Simulation simulation;

  People(Simulation simulation) {
    this.simulation = simulation;
    simulation.listen(this::read);
  }

  private void read(Record<?> entry) {
    if (entry.getIntent() == UserTaskIntent.CREATED) {
      plan(entry.getKey(), (UserTaskRecordValue) entry.getValue());
    }
  }

  private void plan(long key, UserTaskRecordValue task) {
    if (simulation.chance(0.03)) {
      return; // forgotten
    }
    Group group = GROUPS.get(task.getCandidateGroupsList().get(0));
    String person = simulation.oneOf(group.staff());
    long taken = simulation.officeTime(Simulation.MINUTE + simulation.about(group.waits() * Simulation.MINUTE));
    long done = simulation.officeTime(taken, 2 * Simulation.MINUTE + simulation.about(group.takes() * Simulation.MINUTE));
    if (simulation.chance(0.15)) {
      // given to somebody, and by him to somebody else
      String first = simulation.oneOf(group.staff());
      simulation.at(taken - Simulation.MINUTE, () -> simulation.commands().assign("lena", key, first));
      simulation.at(taken, () -> simulation.commands().assign(first, key, person));
    } else {
      simulation.at(taken, () -> simulation.commands().claim(person, key));
    }
    simulation.at(done, () -> simulation.commands().completeTask(person, key, answer(task.getElementId())));
  }

  private String answer(String element) {
    return switch (element) {
      case "assess_claim", "visit_site" ->
          "{\"accepted\":" + !simulation.chance(0.12) + ",\"payout\":" + (300 + simulation.below(9_000)) + "}";
      default -> "{}";
    };
  }
}
