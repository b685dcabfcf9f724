//! The JSON form of reports.

use std::io;

use serde::Serialize;

/// Writes a [`Report`](super::model::Report) or a [`RunsReport`](super::runs::RunsReport) as indented JSON with a line
/// break at its end.
///
/// # Errors
/// Whatever the destination says.
pub fn write(out: &mut dyn io::Write, report: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use crate::report::sample;

    #[test]
    fn the_json_report_keeps_its_keys_and_their_order() {
        insta::assert_snapshot!(sample::json(&sample::scan()));
    }

    #[test]
    fn the_json_report_of_a_check_tells_what_is_new() {
        insta::assert_snapshot!(sample::json(&sample::check()));
    }

    #[test]
    fn the_json_report_of_an_undo_has_no_kind_for_rows_that_read_well_or_are_gone() {
        insta::assert_snapshot!(sample::json(&sample::undo_with_drift()));
    }
}
