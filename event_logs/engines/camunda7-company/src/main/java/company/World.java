package company;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.camunda.bpm.engine.ProcessEngine;

/** What the actors share: the scenario, the clock and the engine. */
final class World {

  final Scenario scenario;
  final Simulation simulation;
  private final Map<String, Step> steps;
  private final Map<String, Endpoint> endpoints;
  private ProcessEngine engine;

  World(Scenario scenario, Simulation simulation) {
    this.scenario = scenario;
    this.simulation = simulation;
    steps = scenario.steps().stream().collect(Collectors.toMap(Step::element, Function.identity()));
    endpoints = scenario.endpoints().stream().collect(Collectors.toMap(Endpoint::name, Function.identity()));
  }

  void open(ProcessEngine opened) {
    engine = opened;
  }

  ProcessEngine engine() {
    return engine;
  }

  Step step(String element) {
    return steps.getOrDefault(element, Step.of(element));
  }

  Endpoint endpoint(String name) {
    Endpoint endpoint = endpoints.get(name);
    if (endpoint == null) {
      throw new IllegalArgumentException("no endpoint " + name + " in scenario " + scenario.name());
    }
    return endpoint;
  }

  /** Whether a call of an endpoint fails this time, and with which message; null: it does not. */
  String failure(Endpoint endpoint, String definitionId, String element) {
    String[] parts = definitionId.split(":");
    for (Flaw flaw : scenario.flaws()) {
      if (flaw.element().equals(element) && flaw.process().equals(parts[0])
          && flaw.version() == Integer.parseInt(parts[1]) && simulation.chance(flaw.failing())) {
        return flaw.message();
      }
    }
    double today = (simulation.now() - simulation.day(0, 0)) / (double) Simulation.DAY;
    return simulation.chance(endpoint.failingAt(today)) ? endpoint.message() : null;
  }

  /** Variables that a step sets, in a fixed order. */
  Map<String, Object> effects(String element) {
    Map<String, Object> variables = new LinkedHashMap<>();
    step(element).apply(simulation, variables);
    return variables;
  }

  /** Does something in the name of an account, so that the engine writes it to its operation log. */
  void as(String user, Simulation.Action action) throws Exception {
    engine.getIdentityService().setAuthenticatedUserId(user);
    try {
      action.run();
    } finally {
      engine.getIdentityService().clearAuthentication();
    }
  }

  <T> T oneOf(List<T> choices) {
    return choices.get(simulation.below(choices.size()));
  }
}
