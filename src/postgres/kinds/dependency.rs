//! What needs what, from `pg_depend` and from what the rows themselves said.

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class};

pub(in super::super) const SOURCE: Source = Source { name: "dependency", body, read };

/// Dependencies on what is in the namespace, on the types that come with it (rows of relations, and arrays), and on
/// keys of relations there: a view that groups by a primary key needs it, so does a function whose body is SQL.
///
/// What indexes, constraints and defaults need of their own table is known from their columns and left out, but for the
/// columns of which an index's expressions and predicate speak, which the index itself tells. A need of an array or of a
/// row is one of the type or the relation.
///
/// What a generated column reads is told of its expression, and until 14 of the column itself, where a column of the same
/// table cannot be of anything else.
fn body(_: &Server) -> String {
    "SELECT e.classid, e.objid, e.objsubid, e.refclassid, e.refobjid, e.refobjsubid \
     FROM pg_depend d JOIN pg_depend e ON e.refclassid = d.classid AND e.refobjid = d.objid \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 \
     AND d.classid IN (1259, 1247, 1255, 2607, 2616, 2617, 2753, 3456, 3600, 3601, 3602, 3764) \
     AND (e.deptype = 'n' OR e.deptype = 'a' AND NOT (e.refclassid = 1259 AND e.classid IN (1259, 2604, 2606) \
       AND e.objsubid = 0)) \
     UNION ALL \
     SELECT e.classid, e.objid, e.objsubid, e.refclassid, y.oid, e.refobjsubid \
     FROM pg_depend d JOIN pg_type y ON y.oid = d.objid AND y.typarray <> 0 \
     JOIN pg_depend e ON e.refclassid = 1247 AND e.refobjid = y.typarray AND e.deptype = 'n' \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1247 \
     UNION ALL \
     SELECT e.classid, e.objid, e.objsubid, e.refclassid, y.oid, e.refobjsubid \
     FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.reltype <> 0 JOIN pg_type y ON y.oid = c.reltype \
     JOIN pg_depend e ON e.refclassid = 1247 AND e.refobjid = ANY(ARRAY[y.oid, y.typarray]) AND e.deptype = 'n' \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1259 \
     UNION ALL \
     SELECT e.classid, e.objid, e.objsubid, e.refclassid, e.refobjid, e.refobjsubid \
     FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relhasrules JOIN pg_rewrite r ON r.ev_class = c.oid \
     JOIN pg_depend e ON e.classid = 2618 AND e.objid = r.oid AND e.refclassid = 2606 AND e.deptype = 'n' \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1259 \
     UNION ALL \
     SELECT e.classid, e.objid, e.objsubid, e.refclassid, e.refobjid, e.refobjsubid \
     FROM pg_depend d JOIN pg_depend e ON e.classid = 1255 AND e.objid = d.objid AND e.refclassid = 2606 AND e.deptype = 'n' \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1255"
        .to_owned()
}

fn read(cells: &Cells<'_>, _: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let dependent = (cells.get(1)?, cells.get(2)?, cells.get(3)?);
    let needed = (cells.get(4)?, cells.get(5)?, cells.get(6)?);
    // The row type of a table is the table; that a sequence belongs to a column was told by the sequence.
    if dependent.0 != class::NAMESPACE {
        reading.need(dependent, needed);
    }
    Ok(())
}
