//! Objects: the smallest things of a schema that change alone. Which kinds there are, and what their attributes mean,
//! is for the databases to say; nothing here knows a kind's name.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use smol_str::SmolStr;

/// The attributes of an object under their own names, sorted.
pub type Attributes = Map<String, Value>;

/// What an object is and what it is called: unique within a snapshot.
///
/// The name is a list of parts. Its first parts name what the object is part of: the column `email` of the table
/// `users` is `["users", "email"]`. Order is by (kind, name, schema), as bytes: the order of a snapshot's lines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectId {
    /// The kind: `table`, `column`.
    pub kind: SmolStr,
    /// The name's parts, outermost first.
    pub name: Vec<SmolStr>,
    /// The schema that holds it, only where that is not the tenant's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<SmolStr>,
}

impl ObjectId {
    /// An object of the tenant's own schema.
    pub fn new<Part: Into<SmolStr>>(kind: impl Into<SmolStr>, name: impl IntoIterator<Item = Part>) -> Self {
        Self { kind: kind.into(), name: name.into_iter().map(Into::into).collect(), schema: None }
    }

    /// The same, in a schema that is not the tenant's own when one is given.
    #[must_use]
    pub fn in_schema(mut self, schema: Option<SmolStr>) -> Self {
        self.schema = schema;
        self
    }

    /// The name of another kind of thing inside the thing that this names, or beside it: same schema, other kind.
    #[must_use]
    pub fn sibling<Part: Into<SmolStr>>(&self, kind: impl Into<SmolStr>, name: impl IntoIterator<Item = Part>) -> Self {
        Self::new(kind, name).in_schema(self.schema.clone())
    }

    /// Whether this object's name begins with the other's whole name, in the same schema: a column in its table.
    #[must_use]
    pub fn is_inside(&self, outer: &Self) -> bool {
        self.schema == outer.schema && self.name.len() > outer.name.len() && self.name.starts_with(&outer.name)
    }

    /// The dotted name for people: `users.email`, `audit.events` where the schema is another.
    #[must_use]
    pub fn dotted(&self) -> String {
        let parts: Vec<&str> = self.schema.iter().chain(&self.name).map(SmolStr::as_str).collect();
        parts.join(".")
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind.replace('_', " "), self.dotted())
    }
}

/// One object: its identity, its attributes, and the objects that it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// What it is and what it is called.
    pub id: ObjectId,
    /// Its attributes. Absent and default ones are left out.
    pub attributes: Attributes,
    /// The objects of the same snapshot that must exist before it.
    pub needs: BTreeSet<ObjectId>,
}

impl Object {
    /// An object without attributes and needs.
    #[must_use]
    pub fn new(id: ObjectId) -> Self {
        Self { id, attributes: Attributes::new(), needs: BTreeSet::new() }
    }

    /// The attribute of this name, where it is present.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_means_a_longer_name_in_the_same_schema() {
        let table = ObjectId::new("table", ["users"]);
        let column = table.sibling("column", ["users", "email"]);
        let foreign = column.clone().in_schema(Some("audit".into()));
        let similar = ObjectId::new("column", ["users2", "email"]);
        for (inner, inside) in [(&column, true), (&table, false), (&foreign, false), (&similar, false)] {
            assert_eq!(inner.is_inside(&table), inside, "{inner}");
        }
        assert!(!table.is_inside(&column));
        assert!(foreign.is_inside(&table.in_schema(Some("audit".into()))));
    }

    #[test]
    fn people_read_the_kind_and_a_dotted_name() {
        let id = ObjectId::new("foreign_key", ["orders", "orders_user"]);
        assert_eq!(id.to_string(), "foreign key orders.orders_user");
        assert_eq!(id.in_schema(Some("audit".into())).to_string(), "foreign key audit.orders.orders_user");
    }
}
