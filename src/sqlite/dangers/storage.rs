//! How columns keep their values, and which values are hurt when that changes.

use super::super::table::Column;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Affinity {
    Integer,
    Real,
    Numeric,
    Text,
    None,
}

/// How a column keeps its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Storage {
    pub(super) affinity: Affinity,
    /// Whether it takes values of its type only.
    pub(super) strict: bool,
}

impl Storage {
    /// By the rules of sqlite.org/datatype3.html, section 3.1, and sqlite.org/stricttables.html.
    pub(super) fn of(column: &Column<'_>, strict: bool) -> Self {
        let declared = column.attributes.declared_type.as_deref().unwrap_or_default();
        let has = |part: &str| declared.to_ascii_uppercase().contains(part);
        let affinity = if strict && declared == "ANY" || declared.is_empty() {
            Affinity::None
        } else if has("INT") {
            Affinity::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Affinity::Text
        } else if has("BLOB") {
            Affinity::None
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            Affinity::Real
        } else {
            Affinity::Numeric
        };
        Self { affinity, strict: strict && declared != "ANY" }
    }

    pub(super) fn is_numeric(self) -> bool {
        matches!(self.affinity, Affinity::Integer | Affinity::Real | Affinity::Numeric)
    }
}

/// The rows whose numbers change when they are kept this way.
pub(super) fn loss(storage: Storage, column: &str) -> Option<String> {
    match storage.affinity {
        Affinity::Text => {
            Some(format!("typeof({column}) = 'real' AND CAST(CAST({column} AS TEXT) AS REAL) <> {column}"))
        }
        Affinity::Real => {
            Some(format!("typeof({column}) = 'integer' AND CAST(CAST({column} AS REAL) AS INTEGER) <> {column}"))
        }
        Affinity::Integer | Affinity::Numeric | Affinity::None => None,
    }
}

/// The rows whose values a strict column of this type does not take, conversions by affinity considered.
pub(super) fn misfit(storage: Storage, column: &str) -> Option<String> {
    if !storage.strict {
        return None;
    }
    Some(match storage.affinity {
        Affinity::Integer => format!(
            "typeof({column}) NOT IN ('null', 'integer') AND NOT (typeof({column}) IN ('real', 'text') AND {column} = \
             CAST({column} AS INTEGER))"
        ),
        Affinity::Real | Affinity::Numeric => format!(
            "typeof({column}) NOT IN ('null', 'integer', 'real') AND NOT (typeof({column}) = 'text' AND {column} = \
             CAST({column} AS REAL))"
        ),
        Affinity::Text => format!("typeof({column}) = 'blob'"),
        Affinity::None => format!("typeof({column}) NOT IN ('null', 'blob')"),
    })
}
