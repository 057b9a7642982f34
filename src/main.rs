fn main() -> std::process::ExitCode {
    fenzhen::command::run()
}
