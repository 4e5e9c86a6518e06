use super::*;

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<ConnectOptions, AdapterError> {
    let find = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string());
    ConnectOptions::parse_in(text, &find)
}

fn check(text: &str, environment: &[(&str, &str)], redacted: &str) {
    let options = parse(text, environment).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(options.redacted(), redacted, "{text}");
    assert!(!format!("{options:?}").contains("secret"));
    let again = parse(redacted, &[]).unwrap_or_else(|error| panic!("{redacted}: {error}"));
    assert_eq!(again.redacted(), redacted);
}

fn check_refused(text: &str, environment: &[(&str, &str)], reason: &str) {
    let refused = parse(text, environment).expect_err(text).to_string();
    assert!(refused.contains(reason), "{text}: {refused}");
    assert!(!refused.contains("secret"), "{text}: {refused}");
}

#[test]
fn what_the_url_leaves_out_comes_from_the_environment() {
    let environment = [("PGHOST", "far"), ("PGPORT", "5499"), ("PGUSER", "you"), ("PGDATABASE", "theirs")];
    check("postgres://", &environment, "postgres://you@far:5499/theirs");
    check("postgres://me:secret@near:1/mine", &environment, "postgres://me@near:1/mine");
    check("host=near user=me password=secret", &[("PGUSER", "you")], "postgres://me@near:5432/me");
    check("postgres://me@/db", &[("PGHOST", ""), ("PGPORT", "1")], "postgres://me@localhost:1/db");
    check("user=me host=/run/pg,b,::1 port=1,,3", &[], "postgres://me@%2Frun%2Fpg:1,b:5432,[::1]:3/me");
    check("postgres://a%40b@h/x%2Fy?schema=tenant_1", &[], "postgres://a%40b@h:5432/x%2Fy");
    check("hostaddr=10.0.0.1,10.0.0.2 user=me", &[], "postgres://me@10.0.0.1:5432,10.0.0.2:5432/me");
}

#[test]
fn each_parameter_lands_where_it_belongs() -> Result<(), AdapterError> {
    let options =
        parse("postgres://me@h/db?application_name=a&options=-c%20geqo%3Doff&schema=s&connect_timeout=3", &[])?;
    assert_eq!(options.base.get_application_name(), Some("a"));
    assert_eq!(options.base.get_options(), Some("-c geqo=off"));
    assert_eq!((options.schema(), options.database()), (Some("s"), "db"));
    assert_eq!(options.timeout, Some(Duration::from_secs(3)));
    assert_eq!(options.with_database("other").redacted(), "postgres://me@h:5432/other");
    assert_eq!(options.with_database("other").base.get_dbname(), Some("other"));
    let defaults = parse("postgres://me@h", &[])?;
    assert_eq!(defaults.base.get_application_name(), Some("schema-sync"));
    assert_eq!((defaults.schema(), defaults.mode), (None, Mode::Prefer));
    assert_eq!(defaults.timeout, Some(Duration::from_secs(CONNECT_TIMEOUT_S)));
    assert_eq!(parse("host=h user=me connect_timeout=0", &[])?.timeout, None);
    assert_eq!(parse("host=h user=me", &[("PGSSLMODE", "disable")])?.mode, Mode::Disable);
    assert_eq!(parse("host=h user=me sslrootcert=system", &[])?.mode, Mode::VerifyFull);
    let usual = parse("host=/var/run/postgresql user=me", &[])?;
    assert_eq!(usual.endpoints[0].passfile_host(), "localhost");
    Ok(())
}

#[test]
fn what_cannot_be_meant_is_refused() {
    check_refused("postgres://h/db?sslmod=require", &[], "parameter `sslmod` is not known");
    check_refused("postgres://u:secret@h/db?service=x", &[], "parameter `service` is not known");
    check_refused("postgres://u:secret@h/db?sslmode=on", &[], "sslmode can be");
    check_refused("postgres://u:se/cret@h/db", &[], "the port is not a number");
    check_refused("postgres://h:0/db", &[], "the port is not a number");
    check_refused("postgres://u@a,b,c/db?port=1,2", &[], "one for each");
    check_refused("host=a port=1,2", &[], "one for each");
    check_refused("host=a,b hostaddr=::1", &[], "equally many");
    check_refused("hostaddr=example.org", &[], "numeric IP address");
    check_refused("host=h connect_timeout=soon", &[], "connect_timeout must be");
    check_refused("host=h keepalives_idle=-1", &[], "keepalives_idle must be");
    check_refused("host=h gssencmode=require", &[], "no GSSAPI");
    check_refused("host=h channel_binding=maybe", &[], "channel_binding can be");
    check_refused("host=h target_session_attrs=primary", &[], "target_session_attrs can be");
    check_refused("host=h", &[("PGSERVICE", "x")], "PGSERVICE");
}

#[test]
fn verification_is_refused_without_what_it_needs() {
    check_refused("host=h user=me sslmode=verify-full", &[], "needs trusted roots");
    check_refused("host=h user=me sslmode=verify-ca", &[("HOME", "/nowhere")], "needs trusted roots");
    check_refused("host=h user=me sslmode=require sslrootcert=system", &[], "verify-full only");
    check_refused("host=h user=me sslrootcert=/nowhere/root.crt", &[], "/nowhere/root.crt cannot be read");
    check_refused("host=h user=me sslkey=/nowhere/key", &[], "without sslcert");
    check_refused("host=h user=me sslcert=/nowhere/crt", &[], "without sslkey");
}
