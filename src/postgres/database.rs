//! What a tenant that is a database has beyond the contents of its schemas: the schemas themselves, extensions, and
//! what belongs to no schema.

use schema_sync_store::{Object, ObjectId};
use smol_str::SmolStr;
use tokio_postgres::{Client, Row};

use super::catalog::{Address, Cells, Reading, Server, class};
use super::kinds::{access, comment, default_privilege, described, extension, schema};
use crate::scope::Include;

const EXTENSIONS: &str = "SELECT e.oid, e.extname::text, e.extversion, n.nspname::text, \
     (SELECT s.description FROM pg_description s WHERE s.classoid = 3079 AND s.objoid = e.oid) \
     FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'";

/// What needs what, where one of both is in no schema: access methods, casts, event triggers, extensions, foreign-data wrappers,
/// languages, publications with their tables and schemas, servers, transforms and user mappings. The server notes that a
/// routine needs a transform only where it was made after it; here each whose types are transformed does.
const NEEDS: &str = "SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid FROM pg_depend \
     WHERE deptype IN ('n', 'a') AND objid >= 16384 AND classid IN (1417, 1418, 2328, 2601, 2605, 2612, 3079, 3466, 3576, 6104, 6106, 6237) \
     UNION ALL SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid FROM pg_depend \
     WHERE deptype IN ('n', 'a') AND refobjid >= 16384 AND refclassid IN (1417, 2328, 2601, 2612) \
     UNION ALL SELECT 1255, p.oid, 0, 3576, f.oid, 0 FROM pg_transform f JOIN pg_proc p ON p.prolang = f.trflang \
     AND f.trftype = ANY(p.prorettype || p.proargtypes::oid[]) AND p.oid >= 16384 WHERE f.oid >= 16384";

/// Comments on those.
const COMMENTS: &str = "SELECT classoid, objoid, description FROM pg_description \
     WHERE objoid >= 16384 AND classoid IN (1417, 2328, 2601, 2605, 2612, 3466, 3576, 6100, 6104)";

/// As the contents of schemas: relative to the database's own schema.
const PATH: &str = "SET LOCAL search_path = public";

/// What needs something that an extension brought: an index its operator class, a column its type or an array of that.
const USES_OF_EXTENSIONS: &str = "WITH members AS ( \
     SELECT m.classid, m.objid, e.extname FROM pg_depend m JOIN pg_extension e ON e.oid = m.refobjid \
     WHERE m.refclassid = 3079 AND m.deptype = 'e' AND e.extname <> 'plpgsql'), \
     named AS (SELECT classid, objid, extname FROM members UNION ALL \
     SELECT 1247, y.typarray, extname FROM members JOIN pg_type y ON classid = 1247 AND y.oid = objid AND y.typarray <> 0) \
     SELECT DISTINCT d.classid, d.objid, d.objsubid, n.extname::text \
     FROM named n JOIN pg_depend d ON d.refclassid = n.classid AND d.refobjid = n.objid AND d.deptype IN ('n', 'a')";

/// The addresses of what uses extensions, each with the extension.
pub(super) async fn uses_of_extensions(client: &Client) -> Result<Vec<(Address, ObjectId)>, tokio_postgres::Error> {
    let rows = client.query(USES_OF_EXTENSIONS, &[]).await?;
    let read = |row: &tokio_postgres::Row| {
        let address = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok((address, ObjectId::new("extension", [row.try_get::<_, &str>(3)?])))
    };
    rows.iter().map(read).collect()
}

/// Reads what is beyond schemas' contents.
pub(super) async fn read(
    client: &Client,
    server: &Server,
    reading: &mut Reading,
    namespaces: &[(u32, Option<SmolStr>)],
) -> Result<Result<(), String>, tokio_postgres::Error> {
    client.batch_execute(PATH).await?;
    let extensions = client.query(EXTENSIONS, &[]).await?;
    let described = client.query(&described::in_database(server), &[]).await?;
    let needs = client.query(NEEDS, &[]).await?;
    let access = if reading.shared.scope.include.is_empty() {
        Vec::new()
    } else {
        client.query(&access::in_database(), &[]).await?
    };
    let default_privileges = if reading.shared.scope.includes(Include::Grants) {
        client.query(&default_privilege::in_database(), &[]).await?
    } else {
        Vec::new()
    };
    let comments = client.query(COMMENTS, &[]).await?;
    for row in needs {
        let address = |at: usize| Ok((row.try_get(at)?, row.try_get(at + 1)?, row.try_get(at + 2)?));
        let dependent: Result<Address, tokio_postgres::Error> = address(0);
        reading.later_need(dependent?, address(3)?);
    }
    let rows = Rows { extensions, described, comments, access, default_privileges };
    Ok(take_in(&rows, reading, namespaces))
}

struct Rows {
    extensions: Vec<Row>,
    described: Vec<Row>,
    comments: Vec<Row>,
    access: Vec<Row>,
    default_privileges: Vec<Row>,
}

fn take_in(rows: &Rows, reading: &mut Reading, namespaces: &[(u32, Option<SmolStr>)]) -> Result<(), String> {
    for (oid, name) in namespaces.iter().filter_map(|(oid, name)| Some((*oid, name.as_deref()?))) {
        reading.add((class::NAMESPACE, oid, 0), schema::read(name));
    }
    for cells in rows.extensions.iter().map(Cells) {
        let (oid, name) = (cells.get(0)?, cells.get::<&str>(1)?);
        let object = extension::read(name, cells.get(2)?, cells.get(3)?)?;
        let comment = cells.get::<Option<&str>>(4)?.map(|text| comment::on(&object.id, text)).transpose()?;
        reading.add((class::EXTENSION, oid, 0), object);
        if let Some(comment) = comment {
            reading.add((0, oid, 0), comment);
        }
    }
    for cells in rows.described.iter().map(Cells) {
        described::take_in(&cells, None, reading)?;
    }
    for cells in rows.comments.iter().map(Cells) {
        let (class, oid): (u32, u32) = (cells.get(0)?, cells.get(1)?);
        let target = reading.at((class, oid, 0)).map(|object| object.id.clone());
        if let Some(target) = target {
            reading.add((0, oid, 0), comment::on(&target, cells.get(2)?)?);
        }
    }
    for cells in rows.access.iter().map(Cells) {
        access::take_in(&cells, reading)?;
    }
    for cells in rows.default_privileges.iter().map(Cells) {
        default_privilege::take_in(&cells, reading)?;
    }
    Ok(())
}

/// What is in another schema needs that schema, and what an extension brings is in the schema it was installed in.
pub(super) fn need_schemas(objects: &mut [Object]) {
    let schemas: Vec<ObjectId> =
        objects.iter().filter(|object| object.id.kind == "schema").map(|object| object.id.clone()).collect();
    if schemas.is_empty() {
        return;
    }
    for object in objects {
        let installed_in = object.attribute("installed_in").and_then(serde_json::Value::as_str).map(SmolStr::new);
        let Some(schema) = object.id.schema.clone().or(installed_in) else { continue };
        let need = ObjectId::new("schema", [schema]);
        if schemas.contains(&need) {
            object.needs.insert(need);
        }
    }
}
