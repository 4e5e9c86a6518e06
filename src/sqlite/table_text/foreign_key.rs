//! What stands behind REFERENCES.

use super::super::model::ForeignKeyAttributes;
use super::super::parse::{Cursor, ParseError};

/// A foreign key from behind REFERENCES on.
pub(super) fn references(
    cursor: &mut Cursor<'_>,
    columns: Vec<String>,
    constraint: Option<String>,
) -> Result<ForeignKeyAttributes, ParseError> {
    let mut key = ForeignKeyAttributes {
        columns,
        parent: cursor.name()?,
        parent_columns: Vec::new(),
        on_delete: None,
        on_update: None,
        deferred: false,
        constraint,
    };
    if cursor.take_symbol("(") {
        key.parent_columns = cursor.names()?;
        cursor.expect_symbol(")")?;
    }
    loop {
        if cursor.take_word("MATCH") {
            // SQLite reads it and does nothing with it.
            cursor.name()?;
        } else if cursor.take_word("ON") {
            if cursor.take_word("DELETE") {
                key.on_delete = action(cursor)?;
            } else if cursor.take_word("UPDATE") {
                key.on_update = action(cursor)?;
            } else {
                cursor.expect_word("INSERT")?;
                action(cursor)?;
            }
        } else {
            return Ok(key);
        }
    }
}

fn action(cursor: &mut Cursor<'_>) -> Result<Option<String>, ParseError> {
    if cursor.take_word("SET") {
        for word in ["NULL", "DEFAULT"] {
            if cursor.take_word(word) {
                return Ok(Some(format!("SET {word}")));
            }
        }
    }
    for word in ["CASCADE", "RESTRICT"] {
        if cursor.take_word(word) {
            return Ok(Some(word.to_owned()));
        }
    }
    cursor.expect_word("NO")?;
    cursor.expect_word("ACTION")?;
    Ok(None)
}

/// Whether a foreign key is deferred, where it says anything of that.
pub(super) fn deferrable(cursor: &mut Cursor<'_>) -> Result<Option<bool>, ParseError> {
    let is_not = cursor.take_word("NOT");
    if !cursor.take_word("DEFERRABLE") {
        return if is_not { Err(cursor.unexpected("DEFERRABLE")) } else { Ok(None) };
    }
    let mut deferred = false;
    if cursor.take_word("INITIALLY") {
        deferred = cursor.take_word("DEFERRED");
        if !deferred {
            cursor.expect_word("IMMEDIATE")?;
        }
    }
    Ok(Some(deferred && !is_not))
}
