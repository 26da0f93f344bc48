-- Purpose: a tenant is found by its slug through an index, however many there are; one row a tenant, so the lock is short.

create unique index tenant_directory_slug on internal.tenant_directory (slug);
