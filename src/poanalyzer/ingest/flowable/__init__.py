"""What the rows of Flowable's and Activiti's tables mean."""
