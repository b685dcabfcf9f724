-- How many old versions of rows the server has still to throw away.
SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'innodb_history_list_length';
