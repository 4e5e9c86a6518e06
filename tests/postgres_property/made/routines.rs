//! Functions, procedures, aggregates, operators, casts; and functions over tables and views.

use super::{Function, Maker};

impl Maker {
    pub(super) fn routines(&mut self) {
        self.trigger_function();
        if self.with("functions", 60) {
            self.plain_functions();
            self.functions_of_types();
        }
        if self.with("operators", 25) {
            self.operators();
        }
        if self.with("aggregates", 25) {
            self.aggregates();
        }
    }

    fn new_function(&mut self, slot: &'static str, name: String, arguments: &str) {
        let signature = format!("{name}({arguments})");
        self.subject(slot, format!("FUNCTION {signature}"));
        self.functions.push(Function { slot, id: slot.to_owned(), name });
    }

    /// Functions of numbers, which defaults, checks, indexes and generated columns may call.
    fn plain_functions(&mut self) {
        for slot in ["f0", "f1", "f2"] {
            let at = self.top.at(slot);
            if !at.chance("is there", 75) {
                continue;
            }
            let (prefix, schema) = self.prefix(&at, slot);
            let name = format!("{prefix}{}", self.name(&at, slot));
            let returns = at.mostly("returns", 70, &["integer", "bigint"]);
            let argument = at.mostly("argument", 80, &["a", "b"]);
            let more = at.mostly(
                "more",
                70,
                &["", ", more text DEFAULT 'x'", ", more text DEFAULT 'y'", ", VARIADIC rest integer[] DEFAULT '{}'"],
            );
            let strict = at.mostly("strict", 70, &["", " STRICT"]);
            let cost = at.mostly(
                "cost",
                80,
                &[
                    "",
                    " COST 7",
                    " PARALLEL SAFE",
                    " LEAKPROOF",
                    " SET search_path TO public, pg_temp",
                    " SECURITY DEFINER",
                ],
            );
            let body = at.pick("body", 4);
            // A function may call another that was made before it.
            let callee = self.functions.iter().find(|other| other.slot == "f0" && slot != "f0");
            let form = at.pick("form", 4);
            // What a body calls that is text nobody sees: rows may need it before it is there.
            let is_told = !self.with_rows || form == 1 || form == 2;
            let callee = callee
                .filter(|_| is_told && at.chance("calls", 30))
                .map(|other| (other.id.clone(), other.name.clone()));
            let called = callee.as_ref().map_or_else(|| body.to_string(), |(_, name)| format!("{name}({body})"));
            let form = match form {
                0 => format!("LANGUAGE sql IMMUTABLE{strict}{cost} AS $fuzz$ SELECT {called}::{returns} $fuzz$"),
                1 => format!("LANGUAGE sql IMMUTABLE{strict}{cost} RETURN {called}::{returns}"),
                2 => format!("LANGUAGE sql IMMUTABLE{strict}{cost} BEGIN ATOMIC SELECT {called}::{returns}; END"),
                _ => format!("LANGUAGE plpgsql IMMUTABLE{strict}{cost} AS $x$ BEGIN RETURN {called}; END $x$"),
            };
            let mut needs = vec![schema];
            needs.extend(callee.as_ref().map(|(id, _)| id.as_str()));
            let sql = format!("CREATE FUNCTION {name}({argument} integer{more}) RETURNS {returns} {form}");
            self.script.add(slot, &needs, sql);
            let arguments = if more.contains("text") {
                "integer, text"
            } else if more.is_empty() {
                "integer"
            } else {
                "integer, integer[]"
            };
            self.new_function(slot, name, arguments);
        }
    }

    /// Functions of the schema's own types.
    fn functions_of_types(&mut self) {
        for (slot, type_slot) in [("fe", "e0"), ("fd", "d0"), ("fc", "c0"), ("fr", "r0")] {
            let at = self.top.at(slot);
            let Some(of) = self.type_of_slot(type_slot).cloned() else { continue };
            if !at.chance("is there", 40) {
                continue;
            }
            let (prefix, schema) = self.prefix(&at, slot);
            let name = format!("{prefix}{}", self.name(&at, slot));
            let (argument, returns) = match at.pick("shape", 4) {
                0 => (of.name.clone(), "text".to_owned()),
                1 => (format!("{}[]", of.name), "integer".to_owned()),
                2 => ("integer".to_owned(), of.name.clone()),
                _ => ("integer".to_owned(), format!("SETOF {}", of.name)),
            };
            let form = match at.pick("form", 3) {
                0 => "LANGUAGE plpgsql AS $fuzz$ BEGIN RETURN NULL; END $fuzz$",
                1 => "LANGUAGE sql STABLE BEGIN ATOMIC SELECT NULL; END",
                _ => "LANGUAGE sql AS $fuzz$ SELECT NULL $fuzz$",
            };
            let form = match (returns.starts_with("SETOF"), form.contains("plpgsql")) {
                (true, true) => "LANGUAGE plpgsql AS $fuzz$ BEGIN RETURN; END $fuzz$".to_owned(),
                (_, true) => form.to_owned(),
                _ => form.replace("NULL", &format!("NULL::{}", returns.trim_start_matches("SETOF "))),
            };
            let sql = format!("CREATE FUNCTION {name}(a {argument}) RETURNS {returns} {form}");
            self.script.add(slot, &[schema, &of.id], sql);
            self.new_function(slot, name, &argument);
        }
        let at = self.top.at("pr");
        if at.chance("is there", 30) {
            let (prefix, schema) = self.prefix(&at, "pr");
            let name = format!("{prefix}{}", self.name(&at, "pr"));
            let arguments = at.one("arguments", &["a integer", "a integer, b text DEFAULT 'x'", "INOUT a integer"]);
            let body = at.pick("body", 3);
            self.script.add(
                "pr",
                &[schema],
                format!(
                    "CREATE PROCEDURE {name}({arguments}) LANGUAGE plpgsql AS $fuzz$ BEGIN a := {body}; END $fuzz$"
                ),
            );
            let types = arguments.replace("a integer", "integer").replace("b text DEFAULT 'x'", "text");
            self.subject("pr", format!("PROCEDURE {name}({types})"));
        }
    }

    fn trigger_function(&mut self) {
        let at = self.top.at("touch");
        let (prefix, schema) = self.prefix(&at, "touch");
        let name = format!("{prefix}{}", self.name(&at, "touch"));
        let body = at.pick("body", 3);
        let sql = format!(
            "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $fuzz$ BEGIN /* {body} */ RETURN NEW; END $fuzz$"
        );
        self.script.add("touch", &[schema], sql);
        self.new_function("touch", name, "");
    }

    fn operators(&mut self) {
        let at = self.top.at("op");
        if !at.chance("is there", 80) {
            return;
        }
        let (prefix, schema) = self.prefix(&at, "op_is");
        let function = format!("{prefix}{}", self.name(&at, "op_is"));
        let body = at.one("body", &["a = b", "a <> b"]);
        let sql = format!(
            "CREATE FUNCTION {function}(a integer, b integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $fuzz$ SELECT {body} $fuzz$"
        );
        self.script.add("op_is", &[schema], sql);
        self.new_function("op_is", function.clone(), "integer, integer");
        let name = at.one("symbol", &["==>", "|=|"]);
        let more = at.one("more", &["", ", RESTRICT = eqsel", ", COMMUTATOR = OPERATOR(SELF), JOIN = eqjoinsel"]);
        let own = format!("OPERATOR({prefix}{name})");
        let more = more.replace("OPERATOR(SELF)", &own);
        let sql = format!(
            "CREATE OPERATOR {prefix}{name} (FUNCTION = {function}, LEFTARG = integer, RIGHTARG = integer{more})"
        );
        self.script.add("op", &["op_is"], sql);
        self.subject("op", format!("OPERATOR {prefix}{name} (integer, integer)"));
        let slot = "op";
        let shown = if prefix.is_empty() { name.to_owned() } else { own };
        self.functions.push(Function { slot, id: slot.to_owned(), name: shown });
        let class = self.top.at("opc");
        if class.chance("is there", 40) {
            let name = format!("{prefix}{}", self.name(&class, "opc"));
            let sql = format!(
                "CREATE OPERATOR CLASS {name} FOR TYPE integer USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(integer)"
            );
            self.script.add("opc", &[schema], sql);
            self.subject("opc", format!("OPERATOR CLASS {name} USING hash"));
            self.functions.push(Function { slot: "opc", id: "opc".to_owned(), name });
        }
    }

    fn aggregates(&mut self) {
        let at = self.top.at("ag");
        if at.chance("is there", 80) {
            let (prefix, schema) = self.prefix(&at, "ag");
            let name = format!("{prefix}{}", self.name(&at, "ag"));
            let definition = at.one(
                "definition",
                &[
                    "SFUNC = int4pl, STYPE = integer",
                    "SFUNC = int4pl, STYPE = integer, INITCOND = '0'",
                    "SFUNC = int4larger, STYPE = integer, COMBINEFUNC = int4larger, PARALLEL = SAFE",
                ],
            );
            self.script.add("ag", &[schema], format!("CREATE AGGREGATE {name}(integer) ({definition})"));
            self.subject("ag", format!("AGGREGATE {name}(integer)"));
            self.functions.push(Function { slot: "ag", id: "ag".to_owned(), name });
        }
    }

    /// Functions that tables and views are arguments, results or bodies of.
    pub(super) fn routines_over_relations(&mut self) {
        if !self.with("functions over relations", 40) {
            return;
        }
        for slot in ["fo0", "fo1", "fo2"] {
            let at = self.top.at(slot);
            let others: Vec<_> = self.relations.iter().filter(|each| !each.columns.is_empty()).cloned().collect();
            if others.is_empty() || !at.chance("is there", 50) {
                continue;
            }
            let places: Vec<&str> = ["t0", "t1", "v0", "v1", "t2", "pt"].into();
            let wanted = at.one("over", &places);
            let Some(over) = others.iter().find(|each| each.slot == wanted) else { continue };
            let (prefix, schema) = self.prefix(&at, slot);
            let name = format!("{prefix}{}", self.name(&at, slot));
            let column = &over.columns[at.pick("column", over.columns.len())].name;
            let (arguments, sql) = match at.pick("shape", 5) {
                0 => (
                    "",
                    format!(
                        "() RETURNS SETOF {0} LANGUAGE sql AS 'SELECT * FROM {1}'",
                        over.name,
                        over.name.replace('\'', "''")
                    ),
                ),
                1 => (
                    "",
                    format!(
                        "() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count({column}) FROM {}; END",
                        over.name
                    ),
                ),
                2 => (
                    over.name.as_str(),
                    format!("(r {}) RETURNS text LANGUAGE sql IMMUTABLE AS $fuzz$ SELECT 'x' $fuzz$", over.name),
                ),
                3 => ("", format!("() RETURNS SETOF {0} LANGUAGE sql BEGIN ATOMIC SELECT * FROM {0}; END", over.name)),
                _ => (
                    "",
                    format!(
                        "() RETURNS TABLE (x {}.{column}%TYPE) LANGUAGE plpgsql AS $fuzz$ BEGIN RETURN; END $fuzz$",
                        over.name
                    ),
                ),
            };
            self.script.add(slot, &[schema, &over.id], format!("CREATE FUNCTION {name}{sql}"));
            self.new_function(slot, name.clone(), arguments);
            if arguments.is_empty() {
                let view = format!("{slot}_view");
                let at = self.top.at(&view);
                if at.chance("is there", 40) {
                    let (prefix, schema) = self.prefix(&at, "");
                    let text = format!("CREATE VIEW {prefix}{view} AS SELECT * FROM {name}() AS x");
                    self.script.add(view.clone(), &[schema, slot], text);
                    self.subject(&view, format!("VIEW {prefix}{view}"));
                }
            }
        }
    }
}
