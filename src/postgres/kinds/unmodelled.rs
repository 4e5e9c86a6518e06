//! What is found and has no kind: kept in the snapshot by class and name, so that nothing is left out in silence.
//! Planning a change to such an object is refused.

use schema_sync_store::{Object, ObjectId};
use serde::Serialize;
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, object as make};

const KIND: &str = "unmodelled";

#[derive(Serialize)]
struct Attributes {
    /// What it is, in the words of `pg_identify_object`.
    class: String,
    /// What it says, where that could be read: enough to see that it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<String>,
}

/// What is in the namespace itself, and security labels on it. What is part of something (defaults, constraints, rewrite
/// rules, triggers, policies, tables in publications) is in a namespace where an expression names that: it is told by its
/// own kind. Labels belong to a provider that the server must have loaded (PostgreSQL manual, SECURITY LABEL); where there
/// are none, nothing is looked for.
pub(in super::super) const SOURCE: Source = Source { name: "unmodelled", body, read };

fn body(_: &Server) -> String {
    "SELECT d.classid, d.objid, o.type, o.identity, \
     NULL::text, NULL::text, 0 \
     FROM pg_depend d CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) o \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 \
     AND d.classid NOT IN (1259, 1247, 1255, 2607, 2616, 2617, 2753, 3381, 3456, 3600, 3601, 3602, 3764, \
       2604, 2606, 2618, 2620, 3256, 6106) AND d.deptype = 'n' \
     UNION ALL SELECT s.classoid, s.objoid, o.type, o.identity, s.label, s.provider, s.objsubid \
     FROM pg_depend d JOIN pg_seclabel s ON s.objoid = d.objid AND s.classoid = d.classid \
     CROSS JOIN LATERAL pg_identify_object(s.classoid, s.objoid, s.objsubid) o \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND EXISTS (SELECT FROM pg_seclabel)"
        .to_owned()
}

fn read(cells: &Cells<'_>, namespace: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let (class_oid, oid): (u32, u32) = (cells.get(1)?, cells.get(2)?);
    if reading.is_extension_member(class_oid, oid) || class_oid == class::EXTENSION {
        return Ok(());
    }
    let identity: String = cells.get(4)?;
    // `pg_identify_object` always qualifies; the tenant's own schema must not show.
    let own = format!("{}.", super::super::quote::identifier(&reading.own_schema));
    let neutral = identity.strip_prefix(&own).unwrap_or(&identity);
    if let Some(provider) = cells.get::<Option<&str>>(6)? {
        let name = SmolStr::new(format!("security label of {provider} on {neutral}"));
        let id = ObjectId::new(KIND, [name]).in_schema(namespace.schema.clone());
        let target = reading.at((class_oid, oid, cells.get(7)?)).map(|object| object.id.clone());
        let attributes = Attributes { class: "security label".to_owned(), definition: cells.get(5)? };
        reading.add_part(make(id, &attributes, target)?);
        return Ok(());
    }
    let id = ObjectId::new(KIND, [SmolStr::new(neutral)]).in_schema(namespace.schema.clone());
    let attributes = Attributes { class: cells.get(3)?, definition: cells.get(5)? };
    reading.add((class_oid, oid, 0), make(id, &attributes, [])?);
    Ok(())
}

/// Something of a class that has no kind.
pub(in super::super) fn object(class: &str, namespace: &Namespace, name: SmolStr) -> Object {
    let mut object = Object::new(ObjectId::new(KIND, [name]).in_schema(namespace.schema.clone()));
    object.attributes.insert("class".to_owned(), class.into());
    object
}

/// A comment on a part that is no object of its own.
pub(super) fn comment(reading: &mut Reading, target: &ObjectId, column: i32) -> Result<(), String> {
    let part = SmolStr::new(format!("comment on part {column}"));
    let id = target.sibling(KIND, target.name.iter().cloned().chain([part]));
    let address = (0, u32::MAX, i32::try_from(reading.len()).unwrap_or(i32::MAX));
    let attributes = Attributes { class: "comment".to_owned(), definition: None };
    reading.add(address, make(id, &attributes, [target.clone()])?);
    Ok(())
}
