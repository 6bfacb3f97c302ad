package permits;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.flowable.common.engine.impl.identity.Authentication;
import org.flowable.engine.ProcessEngine;
import org.flowable.engine.runtime.Execution;

/** Applications come in; some are withdrawn, some were entered twice and are deleted. */
final class Applicants {

  private static final List<String> OFFICES = List.of("heritage", "water", "traffic", "environment");

  private final ProcessEngine engine;
  private final Simulation simulation;

  Applicants(ProcessEngine engine, Simulation simulation) {
    this.engine = engine;
    this.simulation = simulation;
  }

  void plan(int applications) {
    long from = Simulation.START + 2 * Simulation.HOUR;
    long window = Simulation.END - 3 * Simulation.DAY - from;
    for (int i = 0; i < applications; i++) {
      int number = i + 1;
      simulation.at(simulation.officeTime(from + i * window / applications, simulation.about(Simulation.HOUR)),
          () -> apply(number));
    }
  }

  private void apply(int number) {
    String portal = simulation.chance(0.6) ? "portal" : "front-desk-1";
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("channel", portal.equals("portal") ? "online" : "paper");
    variables.put("area", 20 + simulation.below(600));
    variables.put("district", simulation.chance(0.55) ? "north" : "south");
    variables.put("costs", 1_000.5 * (1 + simulation.below(300)));
    int first = simulation.below(OFFICES.size());
    variables.put("offices", String.join(",", OFFICES.subList(first / 2, Math.max(first / 2 + 1, first + 1))));
    variables.put("positive", !simulation.chance(0.12));
    Authentication.setAuthenticatedUserId(portal);
    var builder = engine.getRuntimeService().createProcessInstanceBuilder().processDefinitionKey("building-permit")
        .businessKey("P-2026-" + (1_000 + number)).variables(variables);
    if (simulation.chance(0.5)) {
      builder.name("House at Elm Street " + number);
    }
    String instance = builder.start().getId();
    Authentication.setAuthenticatedUserId(null);
    if (simulation.chance(0.07)) {
      simulation.at(simulation.now() + simulation.about(16 * Simulation.DAY), () -> withdraw(instance));
    } else if (simulation.chance(0.09)) {
      long at = simulation.officeTime(simulation.now(), simulation.about(20 * Simulation.HOUR));
      simulation.at(at, () -> delete(instance));
    } else if (simulation.chance(0.02)) {
      simulation.at(simulation.now() + 2 * Simulation.DAY, () -> {
        engine.getRuntimeService().suspendProcessInstanceById(instance);
        simulation.note("instances suspended");
      });
    }
  }

  private void withdraw(String instance) {
    for (Execution waiting : engine.getRuntimeService().createExecutionQuery().processInstanceId(instance)
        .messageEventSubscriptionName("application-withdrawn").list()) {
      engine.getRuntimeService().messageEventReceived("application-withdrawn", waiting.getId());
      simulation.note("withdrawals by message");
    }
  }

  private void delete(String instance) {
    Authentication.setAuthenticatedUserId("admin");
    try {
      String reason = simulation.chance(0.4) ? null : "entered twice";
      engine.getRuntimeService().deleteProcessInstance(instance, reason);
      simulation.note("instances deleted, reason " + reason);
    } finally {
      Authentication.setAuthenticatedUserId(null);
    }
  }
}
