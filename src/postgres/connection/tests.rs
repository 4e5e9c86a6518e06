//! Connections to a real server that asks for passwords and has TLS with an authority made for the occasion.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use schema_sync_test_cluster::Cluster;

use super::*;

/// Who may connect to what, and how; the first line that fits counts.
const RULES: &str = "\
local     all        all                  trust
hostnossl tls_only   all    127.0.0.1/32  reject
hostssl   tls_only   all    127.0.0.1/32  trust
hostssl   plain_only all    127.0.0.1/32  reject
hostnossl plain_only all    127.0.0.1/32  trust
hostssl   all        carol  127.0.0.1/32  cert
host      all        alice  127.0.0.1/32  scram-sha-256
host      all        postgres 127.0.0.1/32 trust
";

struct Server {
    cluster: Cluster,
    /// The authority that signed the server's certificate, which names `localhost`.
    root: PathBuf,
    /// An authority that signed nothing.
    other_root: PathBuf,
    /// carol's certificate and key.
    identity: (PathBuf, PathBuf),
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("no names are fine");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

fn signed(authority: &CertifiedIssuer<'static, KeyPair>, common_name: &str, names: &[&str]) -> (String, String) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, common_name);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, authority).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let cluster = Cluster::start();
        let (authority, other) = (authority("test authority"), authority("another authority"));
        let (certificate, key) = signed(&authority, "the server", &["localhost"]);
        cluster.write_file("server.crt", &certificate);
        cluster.write_file("server.key", &key);
        let root = cluster.write_file("root.crt", &authority.pem());
        let other_root = cluster.write_file("other.crt", &other.pem());
        let (certificate, key) = signed(&authority, "carol", &[]);
        let identity = (cluster.write_file("carol.crt", &certificate), cluster.write_file("carol.key", &key));
        for name in ["tls_only", "plain_only", "shop"] {
            let _ = cluster.create_database(name);
        }
        cluster.psql(
            "postgres",
            "CREATE ROLE alice LOGIN PASSWORD 'wonder:land'; CREATE ROLE carol LOGIN;
             ALTER SYSTEM SET ssl = on; ALTER SYSTEM SET ssl_ca_file = 'root.crt';",
        );
        cluster.write_file("pg_hba.conf", RULES);
        cluster.psql("postgres", "SELECT pg_reload_conf(); SELECT pg_sleep(0.5);");
        Server { cluster, root, other_root, identity }
    })
}

/// Options for this server, by the name that its certificate has, in an environment of its own.
fn options(settings: &str, environment: &[(&str, &str)]) -> ConnectOptions {
    let port = server().cluster.port();
    let text = format!("host=localhost hostaddr=127.0.0.1 port={port} {settings}");
    let find = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    ConnectOptions::parse_in(&text, &find).unwrap_or_else(|error| panic!("{text}: {error}"))
}

async fn is_encrypted(connection: &Connection) -> bool {
    let query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    connection.client.query_one(query, &[]).await.expect("the server answers").get(0)
}

async fn check(settings: &str, expects_encryption: bool) {
    let connection = options(settings, &[]).connect().await.unwrap_or_else(|error| panic!("{settings}: {error}"));
    assert_eq!(is_encrypted(&connection).await, expects_encryption, "{settings}");
}

async fn check_refused(settings: &str, expected: &[&str]) {
    check_refused_in(settings, &[], expected).await;
}

async fn check_refused_in(settings: &str, environment: &[(&str, &str)], expected: &[&str]) {
    let message = options(settings, environment).connect().await.expect_err(settings).to_string();
    for part in expected {
        assert!(message.contains(part), "{settings}: {message}");
    }
    assert!(!message.contains("wonder") && !message.contains("guess"), "{settings}: {message}");
}

#[tokio::test]
async fn each_mode_encrypts_or_not_as_libpq_does() {
    check("user=postgres dbname=shop sslmode=disable", false).await;
    check("user=postgres dbname=shop sslmode=allow", false).await;
    check("user=postgres dbname=shop sslmode=prefer", true).await;
    check("user=postgres dbname=shop", true).await;
    check("user=postgres dbname=shop sslmode=require", true).await;
    check("user=alice dbname=tls_only sslmode=allow", true).await;
    check("user=alice dbname=plain_only sslmode=prefer", false).await;
    check_refused("user=alice dbname=tls_only sslmode=disable", &["pg_hba.conf"]).await;
    check_refused("user=alice dbname=plain_only sslmode=require", &["pg_hba.conf"]).await;
}

#[tokio::test]
async fn verification_accepts_only_the_right_authority_and_name() {
    let (root, other) = (server().root.display(), server().other_root.display());
    let by_address = |mode: &str| format!("host=127.0.0.1 user=postgres sslmode={mode} sslrootcert={root}");
    check(&format!("user=postgres sslmode=verify-full sslrootcert={root}"), true).await;
    check(&format!("user=postgres sslmode=verify-ca sslrootcert={root}"), true).await;
    check(&by_address("verify-ca"), true).await;
    check_refused(&by_address("verify-full"), &["TLS with 127.0.0.1", "subject alternative name"]).await;
    for mode in ["verify-full", "verify-ca", "require"] {
        let settings = format!("user=postgres sslmode={mode} sslrootcert={other}");
        check_refused(&settings, &["UnknownIssuer", "is `sslrootcert` the file"]).await;
    }
    // With `prefer` a certificate that does not pass means no encryption, as in libpq.
    check(&format!("user=postgres sslmode=prefer sslrootcert={other}"), false).await;
    let home = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(home.path().join(".postgresql")).expect("a folder");
    std::fs::copy(&server().root, home.path().join(".postgresql/root.crt")).expect("a copy");
    let found = options("user=postgres sslmode=verify-full", &[("HOME", &home.path().display().to_string())]);
    assert!(is_encrypted(&found.connect().await.expect("the root of the home folder is used")).await);
}

#[tokio::test]
async fn a_self_signed_certificate_can_be_its_own_root() {
    let cluster = Cluster::start();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    let root = cluster.write_file("server.crt", &certificate);
    cluster.write_file("server.key", &key.serialize_pem());
    cluster.psql("postgres", "ALTER SYSTEM SET ssl = on");
    cluster.psql("postgres", "SELECT pg_reload_conf(); SELECT pg_sleep(0.5);");
    let open = async |host: &str, mode: &str, root: &Path| {
        let (port, root) = (cluster.port(), root.display());
        let text =
            format!("host={host} hostaddr=127.0.0.1 port={port} user=postgres sslmode={mode} sslrootcert={root}");
        let options = ConnectOptions::parse_in(&text, &|_| None).expect("options");
        options.connect().await.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(open("localhost", "verify-full", &root).await, Ok(()));
    assert_eq!(open("elsewhere.example", "verify-ca", &root).await, Ok(()));
    let refused = open("elsewhere.example", "verify-full", &root).await.expect_err("another name");
    assert!(refused.contains("subject alternative name"), "{refused}");
    let refused = open("localhost", "verify-full", &server().root).await.expect_err("another root");
    assert!(refused.contains("TLS with localhost"), "{refused}");
}

#[tokio::test]
async fn a_client_certificate_stands_for_a_password() {
    let (certificate, key) = (server().identity.0.display(), server().identity.1.display());
    check(&format!("user=carol dbname=shop sslmode=require sslcert={certificate} sslkey={key}"), true).await;
    check_refused("user=carol dbname=shop sslmode=require", &["certificate"]).await;
}

#[tokio::test]
async fn passwords_come_from_the_url_the_environment_and_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let passfile = folder.path().join(".pgpass");
    let port = server().cluster.port();
    std::fs::write(&passfile, format!("localhost:{port}:shop:alice:wonder\\:land\n")).expect("a file");
    std::fs::set_permissions(&passfile, std::fs::Permissions::from_mode(0o600)).expect("permissions");
    let (home, file) = (folder.path().display().to_string(), passfile.display().to_string());
    let shop = "user=alice dbname=shop";
    for (settings, environment) in [
        ("user=alice dbname=shop password=wonder:land", vec![]),
        (shop, vec![("PGPASSWORD", "wonder:land")]),
        (shop, vec![("HOME", home.as_str())]),
        (shop, vec![("PGPASSFILE", file.as_str())]),
        ("user=alice dbname=shop password=wonder:land", vec![("PGPASSWORD", "guess")]),
    ] {
        options(settings, &environment).connect().await.unwrap_or_else(|error| panic!("{settings}: {error}"));
    }
    check_refused("user=alice dbname=shop password=guess", &["role `alice`", "password from the URL"]).await;
    check_refused_in(shop, &[("PGPASSWORD", "guess")], &["password from PGPASSWORD"]).await;
    check_refused(shop, &["asks for the password of role `alice`", "~/.pgpass"]).await;
    check_refused_in("user=alice dbname=postgres", &[("HOME", &home)], &["there is none"]).await;
    std::fs::set_permissions(&passfile, std::fs::Permissions::from_mode(0o644)).expect("permissions");
    check_refused_in(shop, &[("HOME", &home)], &["there is none", "was ignored", "chmod 600"]).await;
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_to_do() {
    check_refused("user=postgres dbname=nowhere", &["\"nowhere\" does not exist", "createdb nowhere"]).await;
    check_refused("user=nobody_here dbname=tls_only sslmode=require", &["does not exist", "PGUSER"]).await;
    check_refused("user=postgres hostaddr=127.0.0.1 port=1", &["nothing listens on localhost:1"]).await;
    check_refused("user=postgres host=/nowhere hostaddr=''", &["no socket /nowhere/.s.PGSQL"]).await;
    let bare = Cluster::start();
    let port = bare.port();
    check_refused(&format!("user=postgres port={port} sslmode=require"), &["offers no TLS", "sslmode=require"]).await;
    check(&format!("user=postgres port={port} sslmode=prefer"), false).await;
}

#[tokio::test]
async fn the_next_server_is_tried_where_one_is_down() {
    let port = server().cluster.port();
    let settings = format!("user=postgres host=localhost,localhost hostaddr=127.0.0.1,127.0.0.1 port=1,{port}");
    check(&settings, true).await;
    let settings = format!("user=alice password=guess host=a,b hostaddr=127.0.0.1,127.0.0.1 port={port},1");
    let message = options(&settings, &[]).connect().await.expect_err("the password is wrong").to_string();
    assert!(message.contains("role `alice`") && !message.contains("nothing listens"), "{message}");
    let folder = server().cluster.folder().display();
    check(
        &format!("user=postgres hostaddr='' host={folder} sslmode=verify-full sslrootcert={}", server().root.display()),
        false,
    )
    .await;
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let settings = format!("user=postgres port={port} connect_timeout=1");
    check_refused(&settings, &["did not answer within 1 s"]).await;
}

#[tokio::test]
async fn a_dropped_connection_is_gone_from_the_server() {
    let connection = options("user=postgres application_name=dropped", &[]).connect().await.expect("a connection");
    let count = || {
        server().cluster.psql("postgres", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dropped'")
    };
    assert_eq!(count(), "1\n");
    drop(connection);
    for _ in 0..100 {
        if count() == "0\n" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the server still has the connection");
}
