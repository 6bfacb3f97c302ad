package company;

/** Something that an operator does on a day, whatever the incidents. */
record Intervention(int day, double hour, String user, Work work) {

  interface Work {
    void on(Operations operations) throws Exception;
  }
}
