//! Tables as the catalogue has them.

use schema_sync_store::Object;
use serde_json::Value;
use smol_str::SmolStr;

use super::super::catalog::{Address, Cells, Reading, class, object};
use super::super::printed;
use super::relation::RelationRow;
use super::table::{Attributes, Partition};
use super::{foreign_table, view};

pub(super) fn read(cells: &Cells<'_>, row: &RelationRow) -> Result<Object, String> {
    let parents: Vec<String> = cells.get::<Option<Vec<String>>>(17)?.unwrap_or_default();
    let bound: Option<String> = cells.get(13)?;
    let (partition_of, inherits) = match (bound, parents.as_slice()) {
        (Some(bound), [parent]) => (Some(Partition { parent: parent.clone(), bound }), Vec::new()),
        _ => (None, parents),
    };
    let (foreign, left_out) = foreign_table::parse(cells.get(30)?)?;
    let attributes = Attributes {
        columns: Vec::new(),
        unlogged: row.unlogged,
        options: row.options.clone(),
        access_method: cells.get(10)?,
        tablespace: cells.get(11)?,
        of_type: cells.get(12)?,
        inherits,
        partition_by: cells.get::<Option<String>>(14)?.map(printed::expression),
        partition_of,
        row_security: cells.get(7)?,
        force_row_security: cells.get(8)?,
        replica_identity: match cells.get::<&str>(9)? {
            // Foreign tables have none.
            _ if cells.get::<&str>(3)? == "f" => None,
            "f" => Some("full".to_owned()),
            "n" => Some("nothing".to_owned()),
            "i" => Some("index".to_owned()),
            _ => None,
        },
        foreign,
        left_out,
    };
    object(row.id.clone(), &attributes, [])
}

/// Once all is read: tells each table the order of its columns, and each inherited column where it comes from.
pub(in super::super) fn finish(reading: &mut Reading) {
    let mut orders: Vec<(u32, Vec<SmolStr>)> = Vec::new();
    let mut inherited: Vec<(Address, Address)> = Vec::new();
    for (oid, relation) in reading.relations.iter().filter(|(_, relation)| relation.id.kind == "table") {
        let mut columns: Vec<(i16, &SmolStr)> =
            relation.columns.iter().map(|(number, column)| (*number, &column.name)).collect();
        columns.sort_unstable();
        orders.push((*oid, columns.iter().map(|(_, name)| (*name).clone()).collect()));
        for parent in &relation.parents {
            let Some(parent_columns) = reading.relations.get(parent).map(|parent| &parent.columns) else { continue };
            for (number, name) in &columns {
                let same = parent_columns.iter().find(|(_, column)| column.name == **name);
                inherited.extend(same.map(|(parent_number, _)| {
                    let address = |table: u32, column: i16| (class::RELATION, table, i32::from(column));
                    (address(*oid, *number), address(*parent, *parent_number))
                }));
            }
        }
    }
    view::finish(reading);
    for (oid, order) in orders.into_iter().filter(|(_, order)| !order.is_empty()) {
        if let Some(table) = reading.at_mut((class::RELATION, oid, 0)) {
            let order: Vec<Value> = order.iter().map(|name| Value::String(name.to_string())).collect();
            table.attributes.insert("columns".to_owned(), Value::Array(order));
        }
    }
    for (child, parent) in inherited {
        reading.need(child, parent);
    }
}
