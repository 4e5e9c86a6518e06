//! Who owns things and who may do what with them: how the catalogue is asked for it, and the statements that bring it about.

use tokio_postgres::types::FromSql;

use super::quote::identifier;

/// A catalogue whose rows have owners, and some of them privileges.
struct Catalogue {
    class: u32,
    name: &'static str,
    owner: &'static str,
    /// The column of its privileges, and what `acldefault` calls such things (PostgreSQL manual, 9.26.3).
    privileges: Option<(&'static str, &'static str)>,
    filter: &'static str,
    /// SQL for the OID of the table whose owner is that of the thing, where there is one.
    of: &'static str,
}

impl Catalogue {
    const fn new(class: u32, name: &'static str, owner: &'static str) -> Self {
        Self { class, name, owner, privileges: None, filter: "true", of: "NULL::oid" }
    }

    const fn with_privileges(mut self, column: &'static str, sort: &'static str) -> Self {
        self.privileges = Some((column, sort));
        self
    }

    const fn where_it(mut self, filter: &'static str) -> Self {
        self.filter = filter;
        self
    }

    fn select(&self) -> String {
        let Self { class, owner, of, .. } = self;
        let (privileges, sort) = self.privileges.unwrap_or(("CAST(NULL AS aclitem[])", "NULL"));
        format!(
            "SELECT {class}::oid AS class, x.oid, 0 AS part, x.{owner} AS owner, {privileges} AS privileges, \
             {sort}::\"char\" AS sort, {of}"
        )
    }

    /// Its rows that are in the namespace `t.ns`.
    fn in_schema(&self) -> String {
        let Self { class, name, filter, .. } = self;
        format!(
            "{} FROM pg_depend d JOIN {name} x ON x.oid = d.objid WHERE d.refclassid = 2615 AND d.refobjid = t.ns \
             AND d.refobjsubid = 0 AND d.classid = {class} AND {filter}",
            self.select()
        )
    }

    /// Its rows that are in no namespace and that others than PostgreSQL itself have made.
    fn in_database(&self) -> String {
        format!("{} FROM {} x WHERE x.oid >= 16384 AND {}", self.select(), self.name, self.filter)
    }
}

/// Relations of a namespace; the sequence of a column has the owner of its table.
fn relations() -> String {
    let relations = Catalogue::new(1259, "pg_class", "relowner")
        .with_privileges("x.relacl", "CASE WHEN x.relkind = 'S' THEN 's' ELSE 'r' END")
        .where_it("x.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND x.relpersistence <> 't'");
    let relations = Catalogue { of: "o.refobjid", ..relations };
    let owning = "LEFT JOIN pg_depend o ON x.relkind = 'S' AND o.classid = 1259 AND o.objid = x.oid AND o.objsubid = 0 \
         AND o.refclassid = 1259 AND o.deptype IN ('a', 'i') WHERE";
    relations.in_schema().replacen("WHERE", owning, 1)
}

/// Catalogues of what is in schemas. Multiranges and what makes ranges come and go with their range type.
const IN_SCHEMA: &[Catalogue] = &[
    Catalogue::new(1247, "pg_type", "typowner").with_privileges("x.typacl", "'T'").where_it(
        "x.typtype <> 'm' AND (x.typrelid = 0 OR (SELECT c.relkind = 'c' FROM pg_class c WHERE c.oid = x.typrelid))",
    ),
    Catalogue::new(1255, "pg_proc", "proowner").with_privileges("x.proacl", "'f'").where_it(
        "NOT (x.prolang = 12 AND EXISTS (SELECT FROM pg_depend o WHERE o.classid = 1255 AND o.objid = x.oid \
         AND o.refclassid = 1247 AND o.deptype = 'i'))",
    ),
    Catalogue::new(2607, "pg_conversion", "conowner"),
    Catalogue::new(2616, "pg_opclass", "opcowner"),
    Catalogue::new(2617, "pg_operator", "oprowner"),
    Catalogue::new(2753, "pg_opfamily", "opfowner"),
    Catalogue::new(3381, "pg_statistic_ext", "stxowner"),
    Catalogue::new(3456, "pg_collation", "collowner"),
    Catalogue::new(3600, "pg_ts_dict", "dictowner"),
    Catalogue::new(3602, "pg_ts_config", "cfgowner"),
];

/// Catalogues of what is in no schema, and exists where the tenant is a database.
const IN_DATABASE: &[Catalogue] = &[
    Catalogue::new(1417, "pg_foreign_server", "srvowner").with_privileges("x.srvacl", "'S'"),
    Catalogue::new(2328, "pg_foreign_data_wrapper", "fdwowner").with_privileges("x.fdwacl", "'F'"),
    Catalogue::new(2612, "pg_language", "lanowner").with_privileges("x.lanacl", "'l'"),
    Catalogue::new(3466, "pg_event_trigger", "evtowner"),
    Catalogue::new(6100, "pg_subscription", "subowner"),
    Catalogue::new(6104, "pg_publication", "pubowner"),
];

/// SQL for all that has an owner or privileges in the namespace `t.ns`, that namespace included: `class`, `oid`, `part`,
/// `owner`, `privileges`, `sort`, and `of_table` where the owner is that of a table. Of columns, those
/// with privileges of their own.
pub(super) fn things_in_schema() -> String {
    let columns = "SELECT 1259::oid, c.oid, a.attnum::int4, c.relowner, a.attacl, 'c'::\"char\", c.oid \
         FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' \
         JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attacl IS NOT NULL \
         WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1259";
    let namespace = "SELECT 2615::oid, n.oid, 0, n.nspowner, n.nspacl, 'n'::\"char\", NULL::oid FROM pg_namespace n WHERE n.oid = t.ns";
    let mut selects = vec![relations()];
    selects.extend(IN_SCHEMA.iter().map(Catalogue::in_schema));
    selects.extend([columns.to_owned(), namespace.to_owned()]);
    named(&selects.join(" UNION ALL "))
}

/// The same for what is in no schema.
pub(super) fn things_in_database() -> String {
    named(&IN_DATABASE.iter().map(Catalogue::in_database).collect::<Vec<_>>().join(" UNION ALL "))
}

fn named(selects: &str) -> String {
    format!("SELECT y.* FROM ({selects}) y (class, oid, part, owner, privileges, sort, of_table)")
}

/// SQL for a join with what a list of privileges says, an SQL expression, as four arrays: grantees (null for everybody),
/// grantors, what may be done, and whether it may be passed on. They are null where the list is.
pub(super) fn exploded(privileges: &str) -> String {
    format!(
        "LEFT JOIN LATERAL (SELECT \
         array_agg(CASE WHEN e.grantee <> 0 THEN pg_get_userbyid(e.grantee)::text END) AS grantees, \
         array_agg(pg_get_userbyid(e.grantor)::text) AS grantors, array_agg(e.privilege_type) AS names, \
         array_agg(e.is_grantable) AS grantable FROM aclexplode({privileges}) e) e ON true"
    )
}

/// One privilege on a thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Privilege {
    /// Who has it; everybody where it is `None`.
    pub(super) grantee: Option<String>,
    pub(super) grantor: String,
    pub(super) name: String,
    pub(super) is_grantable: bool,
}

/// The privileges that the four arrays of [`exploded`] tell, sorted.
pub(super) fn privileges(row: &tokio_postgres::Row, first: usize) -> Result<Vec<Privilege>, tokio_postgres::Error> {
    fn array<'a, T: FromSql<'a>>(row: &'a tokio_postgres::Row, index: usize) -> Result<Vec<T>, tokio_postgres::Error> {
        Ok(row.try_get::<_, Option<Vec<T>>>(index)?.unwrap_or_default())
    }
    let grantees: Vec<Option<String>> = array(row, first)?;
    let grantors: Vec<String> = array(row, first + 1)?;
    let names: Vec<String> = array(row, first + 2)?;
    let grantable: Vec<bool> = array(row, first + 3)?;
    let parts = grantees.into_iter().zip(grantors).zip(names.into_iter().zip(grantable));
    let mut privileges: Vec<Privilege> = parts
        .map(|((grantee, grantor), (name, is_grantable))| Privilege { grantee, grantor, name, is_grantable })
        .collect();
    privileges.sort();
    Ok(privileges)
}

/// A role as GRANT and REVOKE have it.
pub(super) fn grantee_text(grantee: Option<&str>) -> String {
    grantee.map_or_else(|| "PUBLIC".to_owned(), identifier)
}

/// What a privilege is on: `TABLE users`, and the column where it is on one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) text: &'a str,
    pub(super) column: Option<&'a str>,
}

impl Target<'_> {
    /// Privileges as GRANT and REVOKE list them, on this.
    pub(super) fn with(&self, names: &[String]) -> String {
        let column = self.column.map_or_else(String::new, |column| format!(" ({})", identifier(column)));
        let list: Vec<String> = names.iter().map(|name| format!("{name}{column}")).collect();
        format!("{} ON {}", list.join(", "), self.text)
    }

    /// The statement that takes these privileges, and what was passed on of them.
    pub(super) fn revoke(&self, names: &[String], grantee: &str) -> String {
        format!("REVOKE {} FROM {grantee} CASCADE", self.with(names))
    }

    /// The statement that gives these privileges.
    pub(super) fn grant(&self, names: &[String], grantee: &str, is_grantable: bool) -> String {
        let option = if is_grantable { " WITH GRANT OPTION" } else { "" };
        format!("GRANT {} TO {grantee}{option}", self.with(names))
    }
}
