//! Signals that were ignored when fanfold was started: they stay ignored, for it and for its children.

use crate::support::fan;

#[test]
fn signals_that_were_ignored_at_the_start_stay_ignored() {
    for signal in ["INT", "HUP"] {
        // The command sends the signal to its parent and itself.
        let script = format!("kill -{signal} $PPID; kill -{signal} $$; echo lived");
        fan("run a --shell")
            .arg(script)
            .after(&format!("trap '' {signal}"))
            .file("a", "")
            .stdout("lived\n")
            .ok();
    }
}
