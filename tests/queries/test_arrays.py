"""Lists as the text of an array: the server reads what was written."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.ingest.arrays import text_array

TEXTS = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]) | st.sampled_from('"\\,{} NUL')
)


@given(values=st.lists(st.none() | TEXTS, max_size=5))
def test_the_server_reads_the_texts_that_were_written(superuser_dsn: str, values: list[str | None]) -> None:
    with psycopg.connect(superuser_dsn) as connection:
        row = connection.execute("select cast(%s as text[])", [text_array(values)]).fetchone()
    assert row == (values,)


@pytest.mark.parametrize("values", [["a\0b"], ["a", "\0"], ["a\0", "b", "c"]])
def test_a_text_with_the_sign_nul_is_no_two_texts(values: list[str | None]) -> None:
    with pytest.raises(ValueError, match="NUL"):
        text_array(values)
