source ./common.sh

before() {
    helper "$1"
}

broken() {
    if [ "$1" = x ]; then
        echo oops
}

after() {
    compute 1
}

after
