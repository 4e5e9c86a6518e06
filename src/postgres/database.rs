//! What a tenant that is a database has beyond the contents of its schemas: the schemas themselves, extensions, and
//! what belongs to no schema.

use schema_sync_store::{Object, ObjectId};
use smol_str::SmolStr;
use tokio_postgres::Client;

use super::catalog::{Address, Shared, class};
use super::kinds::{comment, extension, schema};

const EXTENSIONS: &str = "SELECT e.oid, e.extname::text, e.extversion, n.nspname::text, \
     (SELECT s.description FROM pg_description s WHERE s.classoid = 3079 AND s.objoid = e.oid) \
     FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'";

/// Each of these has no kind yet. The cast of a range to its multirange comes and goes with the range. 16384 is the first OID that is not PostgreSQL's own (`FirstNormalObjectId`).
const BEYOND: &str = "SELECT o.class, o.oid, o.type, o.name FROM ( \
     SELECT 3466::oid AS class, oid, 'event trigger' AS type, evtname::text AS name FROM pg_event_trigger UNION ALL \
     SELECT 6104, oid, 'publication', pubname::text FROM pg_publication UNION ALL \
     SELECT 2328, oid, 'foreign-data wrapper', fdwname::text FROM pg_foreign_data_wrapper UNION ALL \
     SELECT 1417, oid, 'server', srvname::text FROM pg_foreign_server UNION ALL \
     SELECT 2612, oid, 'language', lanname::text FROM pg_language UNION ALL \
     SELECT 2601, oid, 'access method', amname::text FROM pg_am UNION ALL \
     SELECT 2605, oid, 'cast', format_type(castsource, NULL) || ' as ' || format_type(casttarget, NULL) FROM pg_cast k \
       WHERE NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 2605 AND i.objid = k.oid AND i.deptype = 'i') UNION ALL \
     SELECT 3576, oid, 'transform', format_type(trftype, NULL) || ' ' || trflang::text FROM pg_transform \
     ) o WHERE o.oid >= 16384";

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

/// The objects beyond schemas' contents.
pub(super) async fn read(
    client: &Client,
    shared: &Shared,
    namespaces: &[(u32, Option<SmolStr>)],
) -> Result<Result<Vec<Object>, String>, tokio_postgres::Error> {
    let extensions = client.query(EXTENSIONS, &[]).await?;
    let beyond = client.query(BEYOND, &[]).await?;
    let mut objects: Vec<Object> =
        namespaces.iter().filter_map(|(_, name)| name.as_deref()).map(schema::read).collect();
    for row in extensions {
        let (name, version, schema): (&str, &str, &str) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        match extension::read(name, version, schema) {
            Ok(object) => objects.push(object),
            Err(reason) => return Ok(Err(reason)),
        }
        if let Some(text) = row.try_get::<_, Option<&str>>(4)? {
            match comment::on(&ObjectId::new("extension", [name]), text) {
                Ok(object) => objects.push(object),
                Err(reason) => return Ok(Err(reason)),
            }
        }
    }
    for row in beyond {
        let (class_oid, oid): (u32, u32) = (row.try_get(0)?, row.try_get(1)?);
        if !shared.members.contains_key(&(class_oid, oid)) && class_oid != class::EXTENSION {
            let (kind, name): (&str, &str) = (row.try_get(2)?, row.try_get(3)?);
            let mut object = Object::new(ObjectId::new("unmodelled", [format!("{kind} {name}")]));
            object.attributes.insert("class".to_owned(), kind.into());
            objects.push(object);
        }
    }
    Ok(Ok(objects))
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
