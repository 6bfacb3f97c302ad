package engine;

import io.camunda.zeebe.protocol.record.RecordType;
import io.camunda.zeebe.protocol.record.RejectionType;
import io.camunda.zeebe.protocol.record.ValueType;
import io.camunda.zeebe.protocol.record.intent.Intent;
import io.camunda.zeebe.stream.api.CommandResponseWriter;
import io.camunda.zeebe.util.buffer.BufferWriter;
import org.agrona.DirectBuffer;

/** Nobody waits for answers: what became of a command is read in the log. */
final class NoResponses implements CommandResponseWriter {

  @Override
  public CommandResponseWriter partitionId(int partition) {
    return this;
  }

  @Override
  public CommandResponseWriter key(long key) {
    return this;
  }

  @Override
  public CommandResponseWriter intent(Intent intent) {
    return this;
  }

  @Override
  public CommandResponseWriter recordType(RecordType type) {
    return this;
  }

  @Override
  public CommandResponseWriter valueType(ValueType type) {
    return this;
  }

  @Override
  public CommandResponseWriter rejectionType(RejectionType type) {
    return this;
  }

  @Override
  public CommandResponseWriter rejectionReason(DirectBuffer reason) {
    return this;
  }

  @Override
  public CommandResponseWriter valueWriter(BufferWriter value) {
    return this;
  }

  @Override
  public void tryWriteResponse(int stream, long request) {}
}
