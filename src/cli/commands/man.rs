//! `statemend man`: the manual, from the same definition of the command line as the help.

use clap::CommandFactory as _;
use clap_mangen::Man;

use crate::cli::args::{Args, ManArgs};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output;

pub(super) fn run(args: &ManArgs) -> Result<Exit, Failure> {
    match &args.dir {
        Some(dir) => std::fs::create_dir_all(dir)
            .and_then(|()| clap_mangen::generate_to(Args::command(), dir))
            .map_err(|error| Failure::Output(dir.clone(), error))?,
        None => {
            let mut page = Vec::new();
            Man::new(Args::command()).render(&mut page).map_err(Failure::Stdout)?;
            output::print(&page)?;
        }
    }
    Ok(Exit::Success)
}
