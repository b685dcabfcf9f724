-- Which of statemend's own migrations were applied.
SELECT MAX(version) FROM {migration}
