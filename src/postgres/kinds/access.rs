//! The source of owners and grants, which is read only where they are asked for: each row tells whose a thing is and who
//! may do what with it, and is handed to both kinds.

use schema_sync_store::ObjectId;
use smol_str::SmolStr;

use super::super::access::{exploded, things_in_database, things_in_schema};
use super::super::catalog::{Address, Cells, Namespace, Reading, Server, Source, class};
use super::{grant, owner};
use crate::scope::Include;

pub(in super::super) const SOURCE: Source = Source { name: "access", body, read };

fn body(_: &Server) -> String {
    select(&things_in_schema())
}

/// The same for what is in no schema, with a first column as that of a namespace.
pub(in super::super) fn in_database() -> String {
    format!("SELECT NULL::oid, x.* FROM ({}) x", select(&things_in_database()))
}

/// What nobody granted or revoked anything on has the built-in default (PostgreSQL manual, 5.7, and `acldefault` in 9.26):
/// then there is nothing to tell. A schema `public` is born with more than that, which `pg_init_privs` knows.
fn select(things: &str) -> String {
    format!(
        "SELECT y.class, y.oid, y.part, a.attname::text, pg_get_userbyid(y.owner)::text, y.of_table, \
         e.grantees, e.grantors, e.names, e.grantable, \
         CASE WHEN y.privileges IS NOT NULL THEN (SELECT array_agg(f.privilege_type) \
           FROM aclexplode(acldefault(y.sort, y.owner)) f WHERE f.grantee = y.owner) END, \
         CASE WHEN y.privileges IS NOT NULL THEN (SELECT array_agg(f.privilege_type) \
           FROM aclexplode(coalesce(CASE WHEN y.class = 2615 THEN (SELECT i.initprivs FROM pg_init_privs i \
             WHERE i.classoid = 2615 AND i.objoid = y.oid AND i.objsubid = 0) END, acldefault(y.sort, y.owner))) f \
           WHERE f.grantee = 0) END \
         FROM ({things}) y \
         LEFT JOIN pg_attribute a ON y.part <> 0 AND a.attrelid = y.oid AND a.attnum = y.part \
         {}",
        exploded("y.privileges")
    )
}

/// What has an owner or privileges.
pub(super) struct Thing<'a> {
    /// The object, or that which it is part of; none for the tenant's own schema.
    pub(super) target: Option<ObjectId>,
    /// Where it is no object itself: which part of the target it is.
    pub(super) part: Option<Part<'a>>,
    /// The object whose owner is its owner, where that is another one.
    pub(super) owned_with: Option<ObjectId>,
    pub(super) owner: &'a str,
}

/// A part of an object that is none itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// A column of a view, or one that the server gives every table.
    Column(&'a str),
    /// The sequence behind an identity column.
    IdentitySequence,
}

impl Thing<'_> {
    /// What the names of the objects that tell of this thing begin with.
    pub(super) fn names(&self) -> Vec<SmolStr> {
        let mut names: Vec<SmolStr> = self.target.iter().flat_map(|target| target.name.iter().cloned()).collect();
        if let Some(Part::Column(column)) = self.part {
            names.push(SmolStr::new(column));
        }
        names.push(match (&self.target, self.part) {
            (_, Some(Part::Column(_))) => SmolStr::new_static("column"),
            (_, Some(Part::IdentitySequence)) => SmolStr::new_static("identity_sequence"),
            (Some(target), None) => target.kind.clone(),
            (None, None) => SmolStr::new_static("schema"),
        });
        names
    }

    /// An object of this kind about this thing.
    pub(super) fn object_id(&self, kind: &'static str, names: Vec<SmolStr>) -> ObjectId {
        match &self.target {
            Some(target) => target.sibling(kind, names),
            None => ObjectId::new(kind, names),
        }
    }

    /// The identity of what tells this thing's owner; none where that is the owner of nothing that is told.
    pub(super) fn owner_id(&self) -> ObjectId {
        match &self.owned_with {
            Some(table) => owner::id_of(Some(table)),
            None => owner::id_of(self.target.as_ref()),
        }
    }
}

fn read(cells: &Cells<'_>, namespace: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let (class, oid, part): Address = (cells.get(1)?, cells.get(2)?, cells.get(3)?);
    let (name, of_table): (Option<&str>, Option<u32>) = (cells.get(4)?, cells.get(6)?);
    let at = |address: Address| reading.at(address).map(|object| object.id.clone());
    let (target, part) = match class {
        class::NAMESPACE => (namespace.schema.as_ref().map(|name| ObjectId::new("schema", [name.clone()])), None),
        _ => match (at((class, oid, part)), of_table) {
            (Some(target), _) if part != 0 && target.kind != "column" => (Some(target), name.map(Part::Column)),
            // The sequence of an identity column stands for that.
            (Some(target), Some(_)) if part == 0 && target.kind == "column" => {
                (Some(target), Some(Part::IdentitySequence))
            }
            (Some(target), _) => (Some(target), None),
            (None, _) => (None, None),
        },
    };
    if target.is_none() && class != class::NAMESPACE {
        return Ok(());
    }
    let owned_with = of_table.and_then(|table| at((class::RELATION, table, 0)));
    let thing = Thing { target, part, owned_with, owner: cells.get(5)? };
    if reading.shared.scope.includes(Include::Owners) && thing.owned_with.is_none() {
        owner::read(&thing, reading)?;
    }
    if reading.shared.scope.includes(Include::Grants) {
        grant::read(cells, &thing, reading)?;
    }
    Ok(())
}

/// Takes in a row of [`in_database`].
pub(in super::super) fn take_in(cells: &Cells<'_>, reading: &mut Reading) -> Result<(), String> {
    read(cells, &Namespace { schema: None }, reading)
}
