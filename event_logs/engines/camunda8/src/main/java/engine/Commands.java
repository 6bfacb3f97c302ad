package engine;

import io.camunda.zeebe.protocol.impl.encoding.MsgPackConverter;
import io.camunda.zeebe.protocol.impl.record.value.deployment.DeploymentRecord;
import io.camunda.zeebe.protocol.impl.record.value.incident.IncidentRecord;
import io.camunda.zeebe.protocol.impl.record.value.job.JobBatchRecord;
import io.camunda.zeebe.protocol.impl.record.value.job.JobRecord;
import io.camunda.zeebe.protocol.impl.record.value.message.MessageRecord;
import io.camunda.zeebe.protocol.impl.record.value.processinstance.ProcessInstanceCreationRecord;
import io.camunda.zeebe.protocol.impl.record.value.processinstance.ProcessInstanceModificationActivateInstruction;
import io.camunda.zeebe.protocol.impl.record.value.processinstance.ProcessInstanceModificationRecord;
import io.camunda.zeebe.protocol.impl.record.value.processinstance.ProcessInstanceModificationTerminateInstruction;
import io.camunda.zeebe.protocol.impl.record.value.processinstance.ProcessInstanceRecord;
import io.camunda.zeebe.protocol.impl.record.value.usertask.UserTaskRecord;
import io.camunda.zeebe.protocol.impl.record.value.variable.VariableDocumentRecord;
import io.camunda.zeebe.protocol.record.ValueType;
import io.camunda.zeebe.protocol.record.intent.DeploymentIntent;
import io.camunda.zeebe.protocol.record.intent.IncidentIntent;
import io.camunda.zeebe.protocol.record.intent.JobBatchIntent;
import io.camunda.zeebe.protocol.record.intent.JobIntent;
import io.camunda.zeebe.protocol.record.intent.MessageIntent;
import io.camunda.zeebe.protocol.record.intent.ProcessInstanceCreationIntent;
import io.camunda.zeebe.protocol.record.intent.ProcessInstanceIntent;
import io.camunda.zeebe.protocol.record.intent.ProcessInstanceModificationIntent;
import io.camunda.zeebe.protocol.record.intent.UserTaskIntent;
import io.camunda.zeebe.protocol.record.intent.VariableDocumentIntent;
import io.camunda.zeebe.protocol.record.value.VariableDocumentUpdateSemantic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** What workers, people and operators can tell the engine. Variables are JSON objects; {@code user} gives the command. */
public final class Commands {

  private static final long NONE = -1;

  private final Zeebe engine;

  public Commands(Zeebe engine) {
    this.engine = engine;
  }

  /** Deploys files together, each under its name without the version: {@code claim_v2.bpmn} as {@code claim.bpmn}. */
  public void deploy(String user, String tenant, List<Path> files) throws IOException {
    DeploymentRecord deployment = new DeploymentRecord().setTenantId(tenant);
    for (Path file : files) {
      deployment.resources().add()
          .setResourceName(file.getFileName().toString().replaceAll("_v\\d+\\.", "."))
          .setResource(Files.readAllBytes(file));
    }
    engine.command(NONE, ValueType.DEPLOYMENT, DeploymentIntent.CREATE, deployment, user);
  }

  /** Starts the newest version of a process. */
  public void start(String user, String tenant, String process, String variables) {
    engine.command(NONE, ValueType.PROCESS_INSTANCE_CREATION, ProcessInstanceCreationIntent.CREATE,
        new ProcessInstanceCreationRecord().setBpmnProcessId(process).setTenantId(tenant)
            .setVariables(packed(variables)), user);
  }

  /** Asks for one job of a type, as a worker that polls; the engine says in a JOB_BATCH record which one it gave. */
  public void activate(String worker, String tenant, String type, long timeout) {
    JobBatchRecord batch = new JobBatchRecord().setType(type).setWorker(worker).setTimeout(timeout)
        .setMaxJobsToActivate(1);
    batch.tenantIds().add().wrap(tenant.getBytes());
    engine.command(NONE, ValueType.JOB_BATCH, JobBatchIntent.ACTIVATE, batch, worker);
  }

  public void complete(String worker, long job, String variables) {
    engine.command(job, ValueType.JOB, JobIntent.COMPLETE, new JobRecord().setVariables(packed(variables)), worker);
  }

  public void fail(String worker, long job, int retriesLeft, long backOff, String message) {
    engine.command(job, ValueType.JOB, JobIntent.FAIL,
        new JobRecord().setRetries(retriesLeft).setRetryBackoff(backOff).setErrorMessage(message), worker);
  }

  public void error(String worker, long job, String code, String message) {
    engine.command(job, ValueType.JOB, JobIntent.THROW_ERROR,
        new JobRecord().setErrorCode(new UnsafeBuffer(code.getBytes())).setErrorMessage(message), worker);
  }

  public void setRetries(String user, long job, int retries) {
    engine.command(job, ValueType.JOB, JobIntent.UPDATE_RETRIES, new JobRecord().setRetries(retries), user);
  }

  public void resolve(String user, long incident) {
    engine.command(incident, ValueType.INCIDENT, IncidentIntent.RESOLVE, new IncidentRecord(), user);
  }

  public void setVariables(String user, long scope, String variables) {
    engine.command(NONE, ValueType.VARIABLE_DOCUMENT, VariableDocumentIntent.UPDATE,
        new VariableDocumentRecord().setScopeKey(scope).setVariables(packed(variables))
            .setUpdateSemantics(VariableDocumentUpdateSemantic.PROPAGATE), user);
  }

  public void publish(String user, String tenant, String name, String correlationKey, long timeToLive, String variables) {
    engine.command(NONE, ValueType.MESSAGE, MessageIntent.PUBLISH,
        new MessageRecord().setName(name).setCorrelationKey(correlationKey).setTimeToLive(timeToLive)
            .setTenantId(tenant).setVariables(packed(variables)), user);
  }

  public void cancel(String user, long instance) {
    engine.command(instance, ValueType.PROCESS_INSTANCE, ProcessInstanceIntent.CANCEL,
        new ProcessInstanceRecord().setProcessInstanceKey(instance), user);
  }

  /** Moves a token: ends one element instance and starts another element. */
  public void move(String user, long instance, long from, String to) {
    engine.command(instance, ValueType.PROCESS_INSTANCE_MODIFICATION, ProcessInstanceModificationIntent.MODIFY,
        new ProcessInstanceModificationRecord().setProcessInstanceKey(instance)
            .addTerminateInstruction(new ProcessInstanceModificationTerminateInstruction().setElementInstanceKey(from))
            .addActivateInstruction(new ProcessInstanceModificationActivateInstruction().setElementId(to)), user);
  }

  public void assign(String user, long task, String assignee) {
    engine.command(task, ValueType.USER_TASK, UserTaskIntent.ASSIGN,
        new UserTaskRecord().setUserTaskKey(task).setAssignee(assignee).setAction("assign"), user);
  }

  public void claim(String user, long task) {
    engine.command(task, ValueType.USER_TASK, UserTaskIntent.CLAIM,
        new UserTaskRecord().setUserTaskKey(task).setAssignee(user).setAction("claim"), user);
  }

  public void completeTask(String user, long task, String variables) {
    engine.command(task, ValueType.USER_TASK, UserTaskIntent.COMPLETE,
        new UserTaskRecord().setUserTaskKey(task).setVariables(packed(variables)).setAction("complete"), user);
  }

  private static DirectBuffer packed(String json) {
    return new UnsafeBuffer(MsgPackConverter.convertToMsgPack(json));
  }
}
