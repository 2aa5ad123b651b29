@rem npm start says "exec", so that no shell stands between npm and the program and swallows signals. cmd.exe has no exec.
@%*
