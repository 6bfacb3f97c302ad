package claims;

import io.camunda.zeebe.protocol.record.Record;
import io.camunda.zeebe.protocol.record.intent.ProcessMessageSubscriptionIntent;
import io.camunda.zeebe.protocol.record.value.ProcessMessageSubscriptionRecordValue;
import java.util.List;

/** Claims and changes of policies come in; customers send documents, withdraw, and liable parties pay. */
final class Customers {

  private static final int[] AMOUNTS = {120, 280, 450, 900, 1_400, 2_600, 5_200, 9_500, 14_000};
  private static final List<String> CHANNELS = List.of("web", "app", "phone");
  private static final long SEASON = 172 * Simulation.DAY;

  private final Simulation simulation;

  Customers(Simulation simulation) {
    this.simulation = simulation;
    simulation.listen(this::read);
  }

  void plan(int claims) {
    for (int number = 1; number <= claims; number++) {
      String key = "CL-" + (20_000 + number);
      String channel = simulation.oneOf(CHANNELS);
      long at = moment(number, claims);
      // nobody takes calls at night
      simulation.at(channel.equals("phone") ? simulation.officeTime(at, 0) : at, () -> claim(key, channel));
    }
    int changes = claims / 2;
    for (int number = 1; number <= changes; number++) {
      String key = "PC-" + (3_000 + number);
      simulation.at(moment(number, changes), () -> simulation.commands().start("svc-portal", "nord", "policy-change",
          "{\"policyNo\":\"" + key + "\",\"risk\":\"" + simulation.oneOf(List.of("low", "medium", "high"))
              + "\",\"premium\":" + (100 + simulation.below(1_500)) + "}"));
    }
  }

  private long moment(int number, int of) {
    return Simulation.START + Simulation.HOUR + (long) ((number - simulation.below(1_000) / 1_000.0) / of * SEASON);
  }

  private void claim(String key, String channel) {
    String tenant = simulation.chance(0.65) ? "nord" : "sued";
    StringBuilder items = new StringBuilder();
    for (int i = 0; i <= simulation.below(3); i++) {
      items.append(i > 0 ? "," : "").append(i + 1);
    }
    String variables = "{\"claimNo\":\"" + key + "\",\"channel\":\"" + channel + "\""
        + ",\"amount\":" + AMOUNTS[simulation.below(AMOUNTS.length)]
        + ",\"items\":[" + items + "]"
        + ",\"documentsMissing\":" + simulation.chance(0.3)
        + ",\"liable\":" + simulation.chance(0.18)
        + (channel.equals("phone") ? "" : ",\"excess\":150")
        + ",\"email\":" + (simulation.chance(0.12) ? "null" : "\"m" + simulation.below(900) + "\"") + "}";
    simulation.commands().start(channel.equals("phone") ? "anke" : "svc-" + channel, tenant, "claim", variables);
    if (simulation.chance(0.07)) {
      simulation.in(simulation.about(60 * Simulation.HOUR), () ->
          simulation.commands().publish("svc-portal", tenant, "claim-withdrawn", key, 0, "{}"));
    }
  }

  private void read(Record<?> entry) {
    if (entry.getIntent() != ProcessMessageSubscriptionIntent.CREATED) {
      return;
    }
    var waiting = (ProcessMessageSubscriptionRecordValue) entry.getValue();
    String answer = waiting.getMessageName();
    double chance = switch (answer) {
      case "claim-documents" -> 0.75;
      case "party-paid" -> 0.7;
      default -> 0;
    };
    if (simulation.chance(chance)) {
      simulation.in(simulation.about(answer.equals("party-paid") ? 9 * Simulation.DAY : 5 * Simulation.DAY), () ->
          simulation.commands().publish("svc-portal", waiting.getTenantId(), answer, waiting.getCorrelationKey(),
              2 * Simulation.HOUR, "{}"));
    }
  }
}
