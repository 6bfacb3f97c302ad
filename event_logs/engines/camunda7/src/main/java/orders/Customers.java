package orders;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.runtime.ProcessInstance;
import org.camunda.bpm.engine.variable.Variables;

/** Orders and returns come in; some customers change their mind, some orders are entered twice. */
final class Customers {

  private static final int[] AMOUNTS = {90, 180, 450, 800, 1_200, 2_600, 5_600, 9_900, 15_000};
  private static final String[] CHANNELS = {"web", "edi", "phone"};
  private static final long SEASON = 190 * Simulation.DAY;

  private final ProcessEngine engine;
  private final Simulation simulation;

  Customers(ProcessEngine engine, Simulation simulation) {
    this.engine = engine;
    this.simulation = simulation;
  }

  void plan(int orders) {
    for (int number = 1; number <= orders; number++) {
      String key = "ORD-" + (50_000 + number);
      long at = Simulation.START + Simulation.HOUR + (long) ((number - simulation.below(100) / 100.0) / orders * SEASON);
      String channel = CHANNELS[simulation.below(3)];
      // nobody takes calls at night
      simulation.at(channel.equals("phone") ? simulation.officeTime(at, 0) : at, () -> order(key, channel));
    }
    for (int number = 1; number <= orders / 4; number++) {
      String key = "RET-" + (7_000 + number);
      long at = Simulation.START + 9 * Simulation.DAY + (long) ((double) number * 4 / orders * (SEASON - 10 * Simulation.DAY));
      simulation.at(at, () -> goodsReturn(key));
    }
  }

  private void order(String key, String channel) {
    String tenant = simulation.chance(0.7) ? "eu" : "us";
    List<String> items = new ArrayList<>();
    for (int i = 0; i <= simulation.below(4); i++) {
      items.add("sku-" + simulation.below(90));
    }
    ProcessInstance order = start("order-fulfilment", tenant, key, channel.equals("phone") ? "anna" : "svc-" + channel,
        Variables.putValue("amount", AMOUNTS[simulation.below(AMOUNTS.length)])
            .putValue("customer", "C" + (100 + simulation.below(60)))
            .putValue("channel", channel)
            .putValue("items", items));
    double fate = simulation.below(1_000) / 1_000.0;
    if (fate < 0.04) {
      simulation.at(simulation.now() + simulation.about(20 * Simulation.HOUR), () ->
          engine.getRuntimeService().createMessageCorrelation("order-cancelled")
              .processInstanceId(order.getId()).correlate());
    } else if (fate < 0.055) {
      simulation.at(simulation.officeTime(simulation.now(), simulation.about(9 * Simulation.HOUR)), () -> {
        engine.getIdentityService().setAuthenticatedUserId("ops-admin");
        engine.getRuntimeService().deleteProcessInstance(order.getId(), "duplicate order", false, true);
        engine.getIdentityService().clearAuthentication();
      });
    }
  }

  private void goodsReturn(String key) {
    start("returns", "eu", key, "svc-web", Variables.putValue("accepted", !simulation.chance(0.2))
        .putValue("amount", AMOUNTS[simulation.below(5)]));
  }

  private ProcessInstance start(String process, String tenant, String key, String user, Map<String, Object> variables) {
    engine.getIdentityService().setAuthenticatedUserId(user);
    try {
      return engine.getRuntimeService().createProcessInstanceByKey(process).processDefinitionTenantId(tenant)
          .businessKey(key).setVariables(variables).execute();
    } finally {
      engine.getIdentityService().clearAuthentication();
    }
  }
}
