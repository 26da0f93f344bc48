-- Purpose: the checks of 0082 and 0083, made without looking at what was there, are looked through while others go on.

alter table etl_imports validate constraint etl_imports_import_type_check;
alter table import_columns validate constraint import_columns_kind_check;
