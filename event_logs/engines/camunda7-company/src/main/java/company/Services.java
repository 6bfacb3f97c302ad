package company;

import java.util.LinkedHashMap;
import java.util.Map;
import org.camunda.bpm.engine.delegate.BpmnError;
import org.camunda.bpm.engine.delegate.DelegateExecution;
import org.camunda.bpm.engine.delegate.JavaDelegate;
import org.camunda.bpm.model.bpmn.instance.Message;
import org.camunda.bpm.model.bpmn.instance.MessageEventDefinition;
import org.camunda.bpm.model.bpmn.instance.SendTask;

/** The systems that service tasks call in the engine's own threads, and the post between processes. */
final class Services {

  private final World world;

  Services(World world) {
    this.world = world;
  }

  /** Names that models use in delegate expressions → what they call. */
  Map<Object, Object> beans() {
    Map<Object, Object> beans = new LinkedHashMap<>();
    for (Endpoint endpoint : world.scenario.endpoints()) {
      if (endpoint.worker() == null) {
        beans.put(endpoint.name(), (JavaDelegate) execution -> call(endpoint, execution));
      }
    }
    beans.put("lists", new Lists());
    beans.put("post", (JavaDelegate) this::post);
    return beans;
  }

  private void call(Endpoint endpoint, DelegateExecution execution) {
    String element = execution.getCurrentActivityId();
    world.simulation.spend(40 + world.simulation.about(endpoint.millis()));
    String failure = world.failure(endpoint, execution.getProcessDefinitionId(), element);
    if (failure != null) {
      throw new Failure(failure);
    }
    String error = world.step(element).errorThisTime(world.simulation);
    if (error != null) {
      throw new BpmnError(error, endpoint.name() + " refused");
    }
    execution.setVariables(world.effects(element));
  }

  /** Sends the message of a throw event or send task to whoever waits for it under the same business key, or starts. */
  private void post(DelegateExecution execution) {
    world.simulation.spend(20 + world.simulation.below(80));
    var element = execution.getBpmnModelElementInstance();
    Message message = element instanceof SendTask task ? task.getMessage()
        : ((MessageEventDefinition) element.getChildElementsByType(MessageEventDefinition.class).iterator().next())
            .getMessage();
    String tenant = world.scenario.routes().getOrDefault(message.getName(), execution.getTenantId());
    var correlation = world.engine().getRuntimeService().createMessageCorrelation(message.getName())
        .processInstanceBusinessKey(execution.getProcessBusinessKey());
    if (tenant != null) {
      correlation.tenantId(tenant);
    }
    for (String name : new String[] {"amount", "customer"}) {
      if (execution.hasVariable(name)) {
        correlation.setVariable(name, execution.getVariable(name));
      }
    }
    correlation.correlateAll();
  }
}
