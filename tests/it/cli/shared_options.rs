//! Options that `fanfold run` and `fanfold xargs` share: one parser reads them, so both refuse the same values.

use crate::support::fan;

#[test]
fn run_and_xargs_refuse_the_same_values_for_the_same_reason() {
    for (option, reason) in [
        ("--timeout=0", "must be longer than 0"),
        ("--timeout=0ms", "must be longer than 0"),
        ("--timeout=soon", "expected a duration as 500ms, 30s or 2m"),
        ("--timeout=101y", "longer than 100 years"),
        ("--retries=-1", "expected a number from 0 to 4294967295"),
        ("--state=", "expected the name of a file"),
    ] {
        let (name, value) = option.split_once('=').expect("each has a value");
        let refused = format!("invalid value '{value}' for '{name}");
        let run = fan(&format!("run {option} -- touch ran")).stdin("a\n");
        run.says(&refused).says(reason).stdout("").code(2);
        let xargs = fan(&format!("xargs {option} touch ran")).stdin("a\n");
        xargs.says(&refused).says(reason).stdout("").code(1);
    }
}
