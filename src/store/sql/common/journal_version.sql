-- Which of statemend's own migrations were applied to their end.
SELECT MAX(version) FROM {migration} WHERE success
