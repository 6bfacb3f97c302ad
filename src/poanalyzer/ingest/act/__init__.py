"""The tables ACT_* that Camunda 7, Flowable and Activiti share, in every form in which they are exported."""
