-- Purpose: reports are read with reports.read and asked for, cancelled or removed with reports.create, whoever sees
-- everything. Scope alone let any role that reads all campaigns and podcasts change or delete everybody's reports.

select internal.guard_table('reports', 'reports.read', 'reports.create');
