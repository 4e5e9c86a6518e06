use super::*;

fn check(table: &str, column: &str, expected: &str) {
    assert_eq!(own_name(&ObjectId::new("column", [table, column])), expected);
}

#[test]
fn names_are_cut_as_the_server_cuts_them() {
    check("users", "email", "users_email_not_null");
    let long = "a".repeat(63);
    check(&long, "b", &format!("{}_b_not_null", "a".repeat(52)));
    check(&long, &long, &format!("{}_{}_not_null", "a".repeat(27), "a".repeat(26)));
    check(&"ä".repeat(31), "b", &format!("{}_b_not_null", "ä".repeat(26)));
}
