package company;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.camunda.bpm.engine.RuntimeService;

/** Customers, banks and suppliers: they start processes, answer what waits for them, and change their minds. */
final class Outside {

  /** Weight of Monday to Sunday among the starts of a week. */
  private static final double[] OFFICE_WEEK = {0.26, 0.22, 0.20, 0.18, 0.14, 0, 0};
  private static final double[] FULL_WEEK = {0.19, 0.16, 0.15, 0.14, 0.14, 0.10, 0.12};

  private final World world;
  private final Map<String, Reply> replies;

  Outside(World world) {
    this.world = world;
    replies = world.scenario.replies().stream().collect(Collectors.toMap(Reply::element, Function.identity()));
  }

  void planDemand() {
    for (Demand demand : world.scenario.demands()) {
      int[] number = {1_000};
      for (int day = demand.fromDay(); day < world.scenario.days(); day++) {
        double trend = 1 + (demand.growth() - 1) * day / world.scenario.days();
        double[] week = demand.atAnyHour() ? FULL_WEEK : OFFICE_WEEK;
        double expected = demand.perWeek() * trend * week[day % 7]; // the first day is a Monday
        int starts = (int) expected + (world.simulation.chance(expected % 1) ? 1 : 0);
        for (int i = 0; i < starts; i++) {
          String key = demand.prefix() == null ? null : demand.prefix() + "-" + ++number[0];
          world.simulation.at(world.simulation.day(day, hour(demand)), () -> start(demand, key));
        }
      }
    }
  }

  /** Two peaks a day in the office, one in the evening elsewhere. */
  private double hour(Demand demand) {
    double half = world.simulation.below(240) / 60.0;
    if (demand.atAnyHour() && world.simulation.chance(0.4)) {
      return 18 + half;
    }
    return (world.simulation.chance(0.6) ? 8.2 : 13.2) + half;
  }

  private void start(Demand demand, String key) throws Exception {
    String tenant = world.oneOf(demand.tenants());
    Map<String, Object> facts = demand.facts().draw(world.simulation);
    world.as(world.oneOf(demand.users()), () -> {
      var start = runtime().createProcessInstanceByKey(demand.process());
      if (tenant.isEmpty()) {
        start.processDefinitionWithoutTenantId();
      } else {
        start.processDefinitionTenantId(tenant);
      }
      String instance = start.businessKey(key).setVariables(facts).execute().getId();
      demand.fates().forEach(fate -> plan(fate, instance));
    });
  }

  private void plan(Demand.Fate fate, String instance) {
    if (!world.simulation.chance(fate.chance())) {
      return;
    }
    long at = world.simulation.now() + Simulation.MINUTE + world.simulation.about(fate.hours() * Simulation.HOUR);
    if (fate.message() != null) {
      world.simulation.at(at, () -> receive(instance, fate.message()));
    } else {
      world.simulation.at(Office.after(at, 0), () -> world.as(world.oneOf(world.scenario.operator().users()),
          () -> runtime().deleteProcessInstance(instance, fate.reason(), false, true)));
    }
  }

  /** An instance came to an element at which it may wait for somebody outside. */
  void planReply(String element, String instance) {
    Reply reply = replies.get(element);
    if (reply == null || !world.simulation.chance(reply.chance())) {
      return;
    }
    long at = world.simulation.now() + Simulation.MINUTE + world.simulation.about(reply.hours() * Simulation.HOUR);
    world.simulation.at(at, () -> {
      if (reply.message() == null) {
        runtime().setVariables(instance, world.effects(element));
      } else {
        receive(instance, reply.message());
      }
    });
  }

  private void receive(String instance, String message) {
    runtime().createEventSubscriptionQuery().processInstanceId(instance).eventName(message).list().stream()
        .map(waiting -> waiting.getExecutionId()).sorted().findFirst()
        .ifPresent(execution -> runtime().messageEventReceived(message, execution, world.effects(message)));
  }

  private RuntimeService runtime() {
    return world.engine().getRuntimeService();
  }
}
