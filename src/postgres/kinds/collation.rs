//! Collations. One that changes is made anew under its columns, which stay. The version of the library that a collation
//! was made with is the server's own matter and not told.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, is_default, object};
use super::super::quote::{identifier, in_schema, last_part, literal, outer_name};
use super::{lineage, remade_type, table};
use crate::kind::{Change, Disturbance, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    /// `libc`, `icu` or `builtin`.
    provider: String,
    /// For all categories.
    #[serde(skip_serializing_if = "is_default")]
    locale: Option<String>,
    /// Where these two differ, which only libc's may.
    #[serde(skip_serializing_if = "is_default")]
    lc_collate: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    lc_ctype: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    nondeterministic: bool,
    #[serde(skip_serializing_if = "is_default")]
    rules: Option<String>,
}

pub(in super::super) const SOURCE: Source = Source { name: "collation", body, read };

/// Most databases have none of their own, so it is asked once whether there are any.
fn body(server: &Server) -> String {
    let locale = match server.version {
        170_000.. => "c.colllocale",
        150_000.. => "c.colliculocale",
        _ => "CASE WHEN c.collprovider = 'i' THEN c.collcollate END",
    };
    let rules = if server.version >= 160_000 { "c.collicurules" } else { "NULL" };
    format!(
        "SELECT c.oid, c.collname::text, c.collprovider::text, c.collisdeterministic, {locale}::text, \
         CASE WHEN c.collprovider = 'c' THEN c.collcollate END::text, \
         CASE WHEN c.collprovider = 'c' THEN c.collctype END::text, {rules}::text \
         FROM pg_depend d JOIN pg_collation c ON c.oid = d.objid \
         WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 3456 \
         AND EXISTS (SELECT FROM pg_collation a WHERE a.oid >= 16384)"
    )
}

fn read(cells: &Cells<'_>, namespace: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let oid: u32 = cells.get(1)?;
    if reading.is_extension_member(class::COLLATION, oid) {
        return Ok(());
    }
    let id = ObjectId::new("collation", [SmolStr::new(cells.get::<&str>(2)?)]).in_schema(namespace.schema.clone());
    let provider = match cells.get::<&str>(3)? {
        "i" => "icu",
        "b" => "builtin",
        _ => "libc",
    };
    let mut locale: Option<String> = cells.get(5)?;
    let (mut lc_collate, mut lc_ctype): (Option<String>, Option<String>) = (cells.get(6)?, cells.get(7)?);
    if locale.is_none() && lc_collate == lc_ctype {
        locale = lc_collate.take();
        lc_ctype = None;
    }
    let attributes = Attributes {
        provider: provider.to_owned(),
        locale,
        lc_collate,
        lc_ctype,
        nondeterministic: !cells.get::<bool>(4)?,
        rules: cells.get(8)?,
    };
    reading.add((class::COLLATION, oid, 0), object(id, &attributes, [])?);
    Ok(())
}

fn create_statement(id: &ObjectId, attributes: &Attributes) -> String {
    let mut options = vec![format!("provider = {}", attributes.provider)];
    let texts = [
        ("locale", &attributes.locale),
        ("lc_collate", &attributes.lc_collate),
        ("lc_ctype", &attributes.lc_ctype),
        ("rules", &attributes.rules),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
    options.extend(texts.map(|(name, text)| format!("{name} = {}", literal(text))));
    if attributes.nondeterministic {
        options.push("deterministic = false".to_owned());
    }
    format!("CREATE COLLATION {} ({})", outer_name(id), options.join(", "))
}

pub(super) struct Collation;

impl Kind for Collation {
    fn name(&self) -> &'static str {
        "collation"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        Ok(vec![MigrationStep::create(&object.id, create_statement(&object.id, &attributes))])
    }

    /// The old one is renamed, the new one made, every column given it, and the old one dropped.
    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let id = &object.id;
        let name = outer_name(id);
        let old_name = format!("{}_replaced", last_part(id));
        let old = in_schema(id.schema.as_ref(), &old_name);
        let rename = format!("ALTER COLLATION {name} RENAME TO {}", identifier(&old_name));
        let mut step = MigrationStep::alter(id, rename).then(create_statement(id, &attributes));
        step = step.after(remade_type::departures(id, sides));
        for column in remade_type::columns(id, sides).filter(|column| column.attribute("collation").is_some()) {
            lineage::refuse_partition_key(&column.id, sides)?;
            let printed = column.attribute("type").and_then(serde_json::Value::as_str).unwrap_or_default();
            let column_name = identifier(last_part(&column.id));
            let clause = format!("ALTER COLUMN {column_name} TYPE {printed} COLLATE {name}");
            step = step.then(format!("{} {clause}", table::head(&column.id)));
        }
        Ok(vec![step.then(format!("DROP COLLATION {old}"))])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::drop(&object.id, format!("DROP COLLATION {}", outer_name(&object.id)));
        Ok(vec![step.unmaking(super::comments_of(&object.id, sides.from))])
    }

    fn disturbs(&self, _: &[Change<'_>], dependent: &Object, sides: &Sides<'_>) -> Disturbance {
        remade_type::disturbs_alone(dependent, sides)
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![format!("collation {}", outer_name(&object.id))]
    }
}
