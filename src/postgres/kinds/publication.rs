//! Publications, where the tenant is a database.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

use super::super::catalog::{Server, is_default};
use super::super::printed;
use super::super::quote::{identifier, identifiers, literal, outer_name};
use super::described::Described;
use super::replaced::{drop_step, target};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    #[serde(skip_serializing_if = "is_default")]
    all_tables: bool,
    #[serde(skip_serializing_if = "is_default")]
    tables: Vec<Published>,
    /// The schemas of which all tables are published.
    #[serde(skip_serializing_if = "is_default")]
    schemas: Vec<String>,
    /// `insert, update`; absent where all is published.
    #[serde(skip_serializing_if = "is_default")]
    publish: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    via_partition_root: bool,
    /// From PostgreSQL 18 on: `stored`.
    #[serde(skip_serializing_if = "is_default")]
    generated_columns: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Published {
    /// As the server prints it.
    table: String,
    #[serde(skip_serializing_if = "is_default")]
    columns: Vec<SmolStr>,
    #[serde(skip_serializing_if = "is_default")]
    rows: Option<String>,
}

const ALL: &str = "insert, update, delete, truncate";

pub(super) const DESCRIBED: Described = Described {
    kind: "publication",
    class: 6104,
    catalogue: "pg_publication",
    name: "ARRAY[x.pubname::text]",
    attributes,
};

fn attributes(server: &Server) -> String {
    let has_parts = server.version >= 150_000;
    let parts = if has_parts {
        ", 'columns', (SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a \
           WHERE a.attrelid = r.prrelid AND a.attnum = ANY(r.prattrs)), 'rows', pg_get_expr(r.prqual, r.prrelid)"
    } else {
        ""
    };
    let mut text = format!(
        "'all_tables', nullif(x.puballtables, false), 'via_partition_root', nullif(x.pubviaroot, false), \
         'publish', nullif(concat_ws(', ', CASE WHEN x.pubinsert THEN 'insert' END, CASE WHEN x.pubupdate THEN 'update' END, \
           CASE WHEN x.pubdelete THEN 'delete' END, CASE WHEN x.pubtruncate THEN 'truncate' END), '{ALL}'), \
         'tables', (SELECT jsonb_agg(jsonb_build_object('table', r.prrelid::regclass::text{parts}) \
           ORDER BY r.prrelid::regclass::text COLLATE \"C\") FROM pg_publication_rel r WHERE r.prpubid = x.oid)"
    );
    let mut aliases = "SELECT 6106 AS class, r.oid FROM pg_publication_rel r WHERE r.prpubid = x.oid".to_owned();
    if has_parts {
        text += ", 'schemas', (SELECT jsonb_agg(n.nspname ORDER BY n.nspname) FROM pg_publication_namespace s \
                 JOIN pg_namespace n ON n.oid = s.pnnspid WHERE s.pnpubid = x.oid)";
        aliases += " UNION ALL SELECT 6237, s.oid FROM pg_publication_namespace s WHERE s.pnpubid = x.oid";
    }
    if server.version >= 180_000 {
        text += ", 'generated_columns', CASE x.pubgencols WHEN 's' THEN 'stored' END";
    }
    format!("{text}, 'aliases', (SELECT jsonb_agg(jsonb_build_array(u.class, u.oid::int8)) FROM ({aliases}) u)")
}

/// Brings the conditions on rows to the one form of expressions.
pub(super) fn keep_conditions(attributes: &mut schema_sync_store::Attributes) {
    for table in attributes.get_mut("tables").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(Value::String(rows)) = table.get_mut("rows") {
            *rows = printed::expression(std::mem::take(rows));
        }
    }
}

impl Attributes {
    /// What is published, as CREATE and SET have it. A table's children are published by their own names.
    fn parts(&self) -> Vec<String> {
        let mut parts = Vec::new();
        for (index, Published { table, columns, rows }) in self.tables.iter().enumerate() {
            let word = if index == 0 { "TABLE " } else { "" };
            let columns = if columns.is_empty() { String::new() } else { format!(" ({})", identifiers(columns)) };
            let rows = rows.as_ref().map_or_else(String::new, |rows| format!(" WHERE ({rows})"));
            parts.push(format!("{word}ONLY {table}{columns}{rows}"));
        }
        for (index, schema) in self.schemas.iter().enumerate() {
            let word = if index == 0 { "TABLES IN SCHEMA " } else { "" };
            parts.push(format!("{word}{}", identifier(schema)));
        }
        parts
    }

    fn settings(&self, before: &Self) -> Vec<String> {
        let mut settings = Vec::new();
        if self.publish != before.publish {
            settings.push(format!("publish = {}", literal(self.publish.as_deref().unwrap_or(ALL))));
        }
        if self.via_partition_root != before.via_partition_root {
            settings.push(format!("publish_via_partition_root = {}", self.via_partition_root));
        }
        if self.generated_columns != before.generated_columns {
            settings
                .push(format!("publish_generated_columns = {}", self.generated_columns.as_deref().unwrap_or("none")));
        }
        settings
    }
}

pub(super) struct Publication;

impl Kind for Publication {
    fn name(&self) -> &'static str {
        "publication"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == "all_tables" { Rule::Replace } else { Rule::Alter }
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let parts = if attributes.all_tables { vec!["ALL TABLES".to_owned()] } else { attributes.parts() };
        let mut text = format!("CREATE PUBLICATION {}", outer_name(&object.id));
        if !parts.is_empty() {
            text.push_str(&format!(" FOR {}", parts.join(", ")));
        }
        let settings = attributes.settings(&Attributes::default());
        if !settings.is_empty() {
            text.push_str(&format!(" WITH ({})", settings.join(", ")));
        }
        Ok(vec![MigrationStep::create(&object.id, text)])
    }

    fn alter(
        &self,
        object: &Object,
        changes: &[Change<'_>],
        sides: &Sides<'_>,
    ) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let mut clauses = Vec::new();
        if changes.iter().any(|change| matches!(change.attribute, "tables" | "schemas")) {
            let parts = after.parts();
            clauses.push(if parts.is_empty() {
                // There is no SET of nothing, and DROP takes neither columns nor rows.
                let bare = |published: Published| Published { table: published.table, ..Published::default() };
                let tables = before.tables.into_iter().map(bare).collect();
                let gone = Attributes { tables, schemas: before.schemas.clone(), ..Attributes::default() };
                format!("DROP {}", gone.parts().join(", "))
            } else {
                format!("SET {}", parts.join(", "))
            });
        }
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let settings = after.settings(&before);
        if !settings.is_empty() {
            clauses.push(format!("SET ({})", settings.join(", ")));
        }
        let statement =
            |clause: String| MigrationStep::alter(&object.id, format!("ALTER {} {clause}", target(&object.id)));
        Ok(clauses.into_iter().map(statement).collect())
    }

    /// Between a table of it that goes and one that comes there may be no other order than to make it anew.
    fn is_derived(&self) -> bool {
        true
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(vec![drop_step(&object.id, sides)])
    }
}
