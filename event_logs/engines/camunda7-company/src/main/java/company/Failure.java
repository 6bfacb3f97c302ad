package company;

/** A called system did not do what it should; without a stack trace, which would say nothing here. */
final class Failure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  Failure(String message) {
    super(message, null, false, false);
  }
}
