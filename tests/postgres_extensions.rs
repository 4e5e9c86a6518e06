//! All extensions that the server offers, and a schema that uses their types, operator classes, functions and templates.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail loudly")]

#[path = "support/postgres.rs"]
mod support;

use schema_sync_test_cluster::Cluster;
use support::{difference_of_dumps, dump, inspect, promote};

const USES: &str = "
CREATE TABLE used (
    id uuid DEFAULT uuid_generate_v4() PRIMARY KEY, mail citext UNIQUE, tags hstore DEFAULT ''::hstore, tree ltree,
    trees ltree[], box cube, span seg, isbn isbn13, ints int[], body text, place point, many citext[] DEFAULT '{}',
    CHECK (mail <> ''::citext), CHECK (tags ? 'a'), EXCLUDE USING gist (body WITH =, id WITH =)
);
CREATE INDEX used_tags ON used USING gin (tags);
CREATE INDEX used_tags_gist ON used USING gist (tags gist_hstore_ops (siglen = 32));
CREATE INDEX used_tree ON used USING gist (tree gist_ltree_ops (siglen = 100));
CREATE INDEX used_trees ON used USING gist (trees);
CREATE INDEX used_trgm ON used USING gin (body gin_trgm_ops);
CREATE INDEX used_trgm_gist ON used USING gist (body gist_trgm_ops (siglen = 64));
CREATE INDEX used_ints ON used USING gist (ints gist__int_ops);
CREATE INDEX used_ints_gin ON used USING gin (ints gin__int_ops, id);
CREATE INDEX used_bloom ON used USING bloom (body) WITH (length = 80, col1 = 2);
CREATE INDEX used_lower ON used (lower(mail::text), (tags -> 'a'));
CREATE INDEX used_place ON used USING gist (ll_to_earth(place[0], place[1]));
CREATE DOMAIN email AS citext CHECK (VALUE ~ '@');
CREATE TYPE pair AS (a email, b hstore);
CREATE FUNCTION tag(used) RETURNS text LANGUAGE sql STABLE RETURN ($1).tags -> 'a';
CREATE FUNCTION soundex_of(text DEFAULT unaccent('x')) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT soundex($1)';
CREATE VIEW seen AS SELECT id, tags -> 'a' AS a, similarity(body, 'x') AS alike, tree <@ 'top'::ltree AS below FROM used;
CREATE MATERIALIZED VIEW kept AS SELECT mail, cube_dim(box) AS dim FROM used;
CREATE TRIGGER moddatetime BEFORE UPDATE ON used FOR EACH ROW EXECUTE FUNCTION moddatetime('id');
CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION plain ALTER MAPPING FOR word WITH unaccent, simple;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'far');
CREATE AGGREGATE all_tags (hstore) (SFUNC = hs_concat, STYPE = hstore, INITCOND = '');
CREATE OPERATOR CLASS citext_back FOR TYPE citext USING btree AS OPERATOR 1 >, OPERATOR 3 =, OPERATOR 5 <, FUNCTION 1 citext_cmp(citext, citext);
COMMENT ON EXTENSION hstore IS 'changed';
";

/// Whose languages are not installed along with the server.
const OFFERED: &str = "SELECT format('CREATE EXTENSION IF NOT EXISTS %I CASCADE;', name) FROM pg_available_extensions \
     WHERE name !~ 'perl|python|tcl' ORDER BY name";

#[tokio::test]
async fn a_schema_that_uses_every_extension_is_made_and_dropped() {
    let cluster = Cluster::shared();
    for database in ["with_extensions", "live", "empty"] {
        cluster.create_database(database);
    }
    let offered = cluster.psql("with_extensions", OFFERED);
    assert!(offered.lines().count() >= 40, "the server offers only {offered}");
    cluster.psql("with_extensions", &format!("SET client_min_messages = error;\n{offered}\n{USES}"));
    for target in ["with_extensions", "empty"] {
        let snapshot = inspect(cluster, target).await;
        promote(cluster, "live", &snapshot).await.unwrap();
        assert_eq!(difference_of_dumps(&dump(cluster, "live"), &dump(cluster, target)), None);
        assert_eq!(inspect(cluster, "live").await.hash(), snapshot.hash());
    }
}
