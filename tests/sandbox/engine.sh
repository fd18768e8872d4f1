#!/bin/bash
# Speaks as much of Docker's command line as runs need; a "container" is a folder, and what runs in it is held by bubblewrap.
here=$(dirname "$0")
verb=$1
shift
case $verb in
  run)
    while [ "$1" != --name ]; do args+=("$1"); shift; done
    name=$2
    while [ "$1" != --entrypoint ]; do args+=("$1"); shift; done
    [ "$3" = absent ] && { echo "docker: Error response from daemon: No such image: absent." >&2; exit 125; }
    mkdir -p "$here/$name/work"
    printf '%s\n' "${args[@]}" "$3" >"$here/args"
    echo 0123456789abcdef
    ;;
  exec)
    dir=/
    env=()
    while [ "${1#--}" != "$1" ]; do
      case $1 in
        --interactive) shift ;;
        --workdir) dir=$2; shift 2 ;;
        --env) env+=(--setenv "${2%%=*}" "${2#*=}"); shift 2 ;;
        *) echo "unknown flag: $1" >&2; exit 125 ;;
      esac
    done
    name=$1
    shift
    [ -d "$here/$name" ] || { echo "Error response from daemon: No such container: $name" >&2; exit 125; }
    echo $$ >>"$here/$name/pids"
    exec bwrap --unshare-pid --die-with-parent --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib \
      --symlink usr/lib64 /lib64 --bind "$here/$name/work" /work --proc /proc --dev /dev --tmpfs /tmp --clearenv \
      --setenv PATH /usr/bin:/bin "${env[@]}" --chdir "$dir" -- "$@"
    ;;
  rm)
    [ -f "$here/$2/pids" ] && kill -9 $(cat "$here/$2/pids") 2>/dev/null
    rm -rf "${here:?}/$2"
    ;;
esac
